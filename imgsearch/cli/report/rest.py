"""The smaller parts of the report: episodes and clusters, copies, skipped files, what the terms mean."""

from __future__ import annotations

from pathlib import Path

from imgsearch.cli.console import count, shown
from imgsearch.cli.report import markup
from imgsearch.cli.report.classes import TALL
from imgsearch.cli.report.tiles import Tiles
from imgsearch.cli.report.words import model_name, terms
from imgsearch.workflows.evaluation.extras import FewShot
from imgsearch.workflows.evaluation.result import Evaluation

SKIPPED, COPIES = 100, 6
"""Skipped files that are named, and pairs of near-duplicates that are shown."""


def few_shot(evaluation: Evaluation) -> str:
    """Accuracy of episodes: a row for each number of shots, a column for each model and what stands beside it."""
    models = [model for model in evaluation.models if model.few_shot]
    if not models:
        return ""
    rows = []
    for one in models[0].few_shot:
        cells = []
        for model in models:
            same = next((other for other in model.few_shot if other.name == one.name), None)
            cells.append(markup.NOTHING if same is None else markup.number(same.accuracy, html=_both_intervals(same)))
        beside = [markup.number(figures.get(one.name)) for figures in evaluation.beside.values()]
        rows.append([f"{one.way}-way {one.shot}-shot", markup.whole(one.episodes), *cells, *beside])
    names = [*(markup.name(model_name(model), 40) for model in models), *evaluation.beside]
    too_few = sorted({(one.shot, one.left_out) for model in models for one in model.few_shot if one.left_out})
    lead = "<p>So many examples of each of so many classes are shown; a picture goes to the nearest class mean.</p>"
    for shot, left_out in too_few:
        few = count(left_out, "class is", "classes are")
        lead += f"<p>{few} left out, with too few pictures for {count(shot, 'example')}.</p>"
    caption = (
        "Accuracy in few-shot episodes, with its 95 % intervals: over classes like these; in brackets, over episodes "
        "of these very classes, as in the literature"
    )
    return lead + markup.table("few-shot", caption, ["episodes of", "episodes", *names], rows)


def _both_intervals(one: FewShot) -> str:
    low, high = one.episodes_interval
    return f'{markup.between(one.interval)}<span class="interval">({low:.4f} to {high:.4f})</span>'


def clustering(evaluation: Evaluation) -> str:
    """Agreement of k-means with the classes, a row for each model."""
    rows = [
        [
            markup.name(model_name(model), 40),
            markup.number(one.nmi),
            markup.number(one.chance_nmi),
            markup.number(one.ami),
        ]
        for model in evaluation.models
        if (one := model.clustering) is not None
    ]
    if not rows:
        return ""
    seeds = {model.clustering.seed for model in evaluation.models if model.clustering is not None}
    caption = f"k-means with as many clusters as classes (seed {', '.join(map(str, sorted(seeds)))}), held against them"
    return markup.table("clustering", caption, ["model", "nmi", "nmi by chance", "ami"], rows)


def copies_shown(evaluation: Evaluation) -> list[tuple[Path, Path]]:
    """The near-duplicates that get pictures."""
    return list(evaluation.near_duplicates.examples[:COPIES])


def copies(evaluation: Evaluation, tiles: Tiles) -> str:
    """Pairs of near-duplicates, side by side."""
    pairs = copies_shown(evaluation)
    if not pairs:
        return ""
    class_of = dict(zip(evaluation.gallery.paths, evaluation.gallery.classes, strict=True))
    class_of |= dict(zip(evaluation.queries.paths, evaluation.queries.classes, strict=True))
    lines = []
    for query, copy in pairs:
        first, second = (class_of.get(path, path.parent.name) for path in (query, copy))
        kind = "query" if not evaluation.model.classes else "right" if first == second else "wrong"
        pictures = tiles.tile(query, "query", first, "query") + tiles.tile(copy, "its copy", second, kind)
        lines.append(f'<li><div class="pair">{pictures}</div></li>')
    of = evaluation.near_duplicates.pictures
    lead = f"<p>{len(pairs):,} of {count(of, 'query', 'queries')} with a copy as the nearest picture.</p>"
    return f'{lead}\n<ol class="confusions">\n' + "\n".join(lines) + "\n</ol>"


def skipped(evaluation: Evaluation) -> str:
    """The files that could not be read, with reasons."""
    if not evaluation.skipped:
        return ""
    rows = [
        [markup.name(shown(error.path), 160), markup.text(markup.said(error.reason, 160))]
        for error in evaluation.skipped[:SKIPPED]
    ]
    more = len(evaluation.skipped) - len(rows)
    rest = f", and {more:,} more" if more else ""
    caption = f"{count(len(rows), 'file')} that could not be read{rest}"
    return markup.table("skipped-files", caption, ["file", "reason"], rows, kind="tall" if len(rows) > TALL else "")


def glossary(evaluation: Evaluation) -> str:
    """What the terms mean that there are on the page."""
    metrics = set(evaluation.model.figures)
    for model in evaluation.models:
        metrics |= set(model.verification.figures if model.verification is not None else ())
    entries = [f"<dt>{term}</dt><dd>{sentence}</dd>" for term, sentence in terms(metrics).items()]
    return "<dl>\n" + "\n".join(entries) + "\n</dl>"
