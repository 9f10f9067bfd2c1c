"""The headline: the two figures that tell most, beside chance, baselines and the embedded model; then all of them."""

from __future__ import annotations

from collections.abc import Iterator

from imgsearch.cli.report import markup
from imgsearch.cli.report.plot import SERIES
from imgsearch.cli.report.words import first_metric, meaning, model_name, ranking_metric
from imgsearch.workflows.evaluation.result import Evaluation, Figure, Figures

SAID_OF = {
    "recall_at_1": "the nearest picture is of the right class",
    "cmc_at_1": "the nearest picture shows the same one",
}


def lead(evaluation: Evaluation) -> str:
    """The result in a sentence for somebody who knows none of the terms."""
    figures = evaluation.model.figures
    if not figures:
        return _lead_of_pairs(evaluation)
    metric = first_metric(evaluation)
    figure, chance = figures[metric], evaluation.chance[metric].micro
    claim = SAID_OF.get(metric, f"{metric} is reached")
    sure = ""
    if figure.micro_interval:
        low, high = (f"{100 * bound:.1f}" for bound in figure.micro_interval)
        sure = f" (with other classes of this kind, that would lie between {low} and {high} %)"
    name = markup.name(model_name(evaluation.model))
    return (
        f'<p class="lead">With the model {name}, {claim} for <strong>{100 * figure.micro:.1f} %</strong> '
        f"of the queries{sure}. "
        f"Drawing lots would come to {markup.percent(chance)}.</p>"
    )


def _lead_of_pairs(evaluation: Evaluation) -> str:
    verification = evaluation.model.verification
    accuracy = None if verification is None else verification.figures.get("best_accuracy")
    if accuracy is None:
        return ""
    name = markup.name(model_name(evaluation.model))
    chance = evaluation.beside.get("chance", {}).get("best_accuracy")
    always = "" if chance is None else f" To give the more frequent answer to all would be {100 * chance:.1f} %."
    return (
        f'<p class="lead">With the model {name} and the best threshold for them, '
        f"<strong>{100 * accuracy:.1f} %</strong> of the pairs are told right.{always}</p>"
    )


def cards(evaluation: Evaluation) -> str:
    """For the first and the ranking metric a card with bars of all that is compared."""
    metrics = list(evaluation.model.figures)
    if not metrics:
        return ""
    shown = dict.fromkeys((first_metric(evaluation), ranking_metric(evaluation)))
    return '<div class="cards">\n' + "\n".join(_card(evaluation, metric) for metric in shown) + "\n</div>"


def _contenders(evaluation: Evaluation) -> Iterator[tuple[str, str, Figures]]:
    """Kind, name and figures of all that stands beside one another."""
    for number, model in enumerate(evaluation.models):
        yield f"model m{number % SERIES}", model_name(model), model.figures
        for way, figures in model.asked_otherwise.items():
            yield "way", f"{model.name}, {way}", figures
    for baseline, figures in evaluation.baselines.items():
        yield "baseline", baseline, figures
    yield "baseline", "chance", evaluation.chance


def _card(evaluation: Evaluation, metric: str) -> str:
    figure = evaluation.model.figures[metric]
    bars = "\n".join(
        _bar(kind, name, figures[metric]) for kind, name, figures in _contenders(evaluation) if metric in figures
    )
    sure = markup.between(figure.micro_interval)
    return (
        f'<div class="card">\n<h3>{metric}</h3>\n<p class="big">{figure.micro:.3f} {sure}</p>\n'
        f'<p class="meaning">{meaning(metric)}</p>\n<ul class="bars">\n{bars}\n</ul>\n</div>'
    )


def _bar(kind: str, name: str, figure: Figure) -> str:
    """A bar from 0 to 1 with its interval as a whisker; decoration, as the numbers are written beside it."""
    whisker = ""
    if figure.micro_interval:
        low, high = figure.micro_interval
        whisker = f'<i class="whisker" style="left:{100 * low:.2f}%;width:{100 * (high - low):.2f}%"></i>'
    return (
        f'<li class="{kind}"><span class="who">{markup.name(name, 40)}</span>'
        f'<span class="track" aria-hidden="true"><i class="value" style="width:{100 * figure.micro:.2f}%"></i>'
        f'{whisker}</span><span class="n">{figure.micro:.3f}</span></li>'
    )


def all_figures(evaluation: Evaluation) -> str:
    """Two tables: every query counting the same, and every class."""
    if not evaluation.model.figures:
        return ""
    return _table(evaluation, "micro") + "\n" + _table(evaluation, "macro")


def _table(evaluation: Evaluation, way: str) -> str:
    contenders = list(_contenders(evaluation))
    rows = []
    for metric in evaluation.model.figures:
        cells = [_cell(figures.get(metric), way) for _, _, figures in contenders]
        rows.append([metric, *cells])
    counted = "query" if way == "micro" else "class"
    caption = f"All figures ({way}: every {counted} counts the same), with 95 % intervals"
    head = ["metric", *(markup.name(name, 40) for _, name, _ in contenders)]
    return markup.table(f"figures-{way}", caption, head, rows)


def _cell(figure: Figure | None, way: str) -> str:
    if figure is None:
        return markup.NOTHING
    value, interval = (figure.micro, figure.micro_interval) if way == "micro" else (figure.macro, figure.macro_interval)
    return markup.number(value, html=markup.between(interval))


def seen_and_unseen(evaluation: Evaluation) -> str:
    """Beside one another the figures of pictures that the first model was trained on, and of others."""
    model = evaluation.model
    if model.seen_figures is None:
        return ""
    asked = model.seen[model.queries.rows]
    columns: list[tuple[str, Figures]] = [(f"seen ({int(asked.sum()):,} queries)", model.seen_figures)]
    if model.unseen_figures is not None:
        columns.append((f"unseen ({int((~asked).sum()):,} queries)", model.unseen_figures))
    rows = [[metric, *(_cell(figures.get(metric), "micro") for _, figures in columns)] for metric in model.figures]
    caption = (
        f"Pictures that {markup.name(model_name(model), 40)} was trained on, and others, "
        "told by their content: only the unseen ones prove anything"
    )
    return markup.table("seen", caption, ["metric", *(name for name, _ in columns)], rows)


def comparison(evaluation: Evaluation) -> str:
    """What can be said of several models, in plain sentences, and the differences."""
    if not evaluation.compared:
        return ""
    sentences = "\n".join(f"<li>{markup.said(one.sentence, 300)}</li>" for one in evaluation.compared)
    rows = []
    for one in evaluation.compared:
        pair = f"{markup.name(one.model, 40)} over {markup.name(one.baseline, 40)}"
        low, high = one.interval
        cells = [f'<td class="n">{one.difference:+.4f}</td>', f'<td class="n">{low:+.4f} to {high:+.4f}</td>']
        rows.append([pair, markup.text(one.metric), *cells])
    caption = "Differences on the same queries; the same classes are drawn for both"
    head = ["models", "metric", "difference", "95 % interval"]
    return f'<ul class="sentences">\n{sentences}\n</ul>\n' + markup.table("compared-models", caption, head, rows)
