"""Every class in a table to be sorted, and the pairs of classes that are taken for one another most often."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from imgsearch.cli.console import count
from imgsearch.cli.report import markup
from imgsearch.cli.report.tiles import Tiles
from imgsearch.cli.report.words import first_metric, model_name, ranking_metric
from imgsearch.workflows.evaluation.result import ClassRow, Confusion, Evaluation

CLASSES, CONFUSED = 1000, 12
"""Most rows of the table, the hardest classes, and most pairs."""
Example = tuple[Confusion, Path, Path]
"""A query that is taken for another class, and its nearest picture."""
PRINTED = 100
"""Rows on paper; report.css leaves out the others."""
TALL = 20
"""Rows from which on the table scrolls by itself."""


def class_table(evaluation: Evaluation) -> str:
    """All classes of the first model, the hardest first, with the other models' figures beside them."""
    metrics = list(evaluation.model.figures)
    if not metrics:
        return ""
    first, ranking = first_metric(evaluation), ranking_metric(evaluation)
    rows = sorted(evaluation.model.classes, key=lambda row: row.values.get(ranking, math.inf))
    others = [
        ({row.name: row for row in model.classes}, f"{ranking}<br>{markup.name(model_name(model), 40)}")
        for model in evaluation.models[1:]
    ]
    shown = rows[:CLASSES]
    lines = [_line(row, [first, ranking], [known.get(row.name) for known, _ in others]) for row in shown]
    caption = f"{count(len(rows), 'class', 'classes')}, the hardest first"
    if len(shown) < len(rows):
        caption = f"The {len(shown):,} hardest of {len(rows):,} classes"
    head = [
        "class",
        "pictures",
        "queries",
        first,
        ranking,
        *(title for _, title in others),
        "taken for",
    ]
    table = markup.table(
        "class-table", caption, head, lines, kind="tall" if len(lines) > TALL else "", sorted_by=(4, "ascending")
    )
    few = (
        f'<p class="on-paper">On paper the first {PRINTED}, in the order of the screen.</p>'
        if len(lines) > PRINTED
        else ""
    )
    return table + few


def _line(row: ClassRow, metrics: Sequence[str], others: Sequence[ClassRow | None]) -> list[str]:
    values = [row.values.get(metric) for metric in metrics]
    values += [other.values.get(metrics[-1]) if other else None for other in others]
    mistaken = markup.name(row.mistaken_for) if row.mistaken_for is not None else ""
    cells = [markup.NOTHING if value is None else _bar(value) for value in values]
    return [markup.name(row.name), markup.whole(row.pictures), markup.whole(row.queries), *cells, markup.text(mistaken)]


def _bar(value: float) -> str:
    """A number above a bar of that length."""
    return f'<td class="n bar" style="--v:{value:.3f}">{value:.4f}</td>'


def confused(evaluation: Evaluation) -> list[Example]:
    """The most frequent confusions, each with its surest example: a query and its nearest picture."""
    found = []
    model = evaluation.model
    truths = np.array(evaluation.queries.classes, dtype=object)[model.queries.rows]
    nearest = np.array(evaluation.gallery.classes, dtype=object)[model.queries.nearest]
    for one in model.confusions[:CONFUSED]:
        rows = np.flatnonzero((truths == one.truth) & (nearest == one.found))
        if len(rows):
            row = rows[model.queries.similarity[rows].argmax()]
            query, answer = model.queries.rows[row], model.queries.nearest[row]
            found.append((one, evaluation.queries.paths[query], evaluation.gallery.paths[answer]))
    return found


def confusions(evaluation: Evaluation, examples: Sequence[Example], tiles: Tiles) -> str:
    """Those as a list with pictures."""
    if not evaluation.model.classes:
        return ""
    if not examples:
        return "<h3>Most confused classes</h3>\n<p>None: the nearest picture of every query is of its class.</p>"
    return (
        '<h3>Most confused classes</h3>\n<ol class="confusions">\n'
        + "\n".join(f"<li>{part}</li>" for part in _confusions(examples, tiles))
        + "\n</ol>"
    )


def _confusions(examples: Sequence[Example], tiles: Tiles) -> Iterator[str]:
    for one, query, answer in examples:
        pictures = tiles.tile(query, "query", one.truth, "query") + tiles.tile(answer, "nearest", one.found, "wrong")
        truth, found = markup.name(one.truth, 40), markup.name(one.found, 40)
        yield (
            f"<p><b>{truth}</b> taken for <b>{found}</b>: {_queries(one.queries)}, "
            f'{markup.percent(one.share)} of the class</p><div class="pair">{pictures}</div>'
        )


def _queries(number: float) -> str:
    """How many, which is no whole number where pictures of several classes are equally near."""
    return count(int(number), "query", "queries") if number == int(number) else f"{number:.1f} queries"
