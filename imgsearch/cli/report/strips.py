"""The best and the worst queries, each with its nearest pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.cli.report.tiles import Tiles
from imgsearch.cli.report.words import ranking_metric
from imgsearch.workflows.evaluation.neighbours import neighbours
from imgsearch.workflows.evaluation.result import Evaluation

QUERIES, NEIGHBOURS = 8, 8
"""Best ones, and as many worst ones; pictures beside each."""
OF_A_CLASS = 2
"""No class has more of them, unless there are not enough classes."""


@dataclass(frozen=True)
class Strip:
    """A query and the pictures that are nearest to it, by their rows in the gallery, nearest first."""

    query: int
    """Row of `Evaluation.queries`."""
    score: float
    answers: tuple[int, ...]
    similarities: tuple[float, ...]


@dataclass(frozen=True)
class Strips:
    """Which queries are shown; no query twice."""

    metric: str
    worst: tuple[Strip, ...]
    best: tuple[Strip, ...]

    def paths(self, evaluation: Evaluation) -> Iterator[Path]:
        """Of all pictures in them."""
        for strip in (*self.worst, *self.best):
            yield evaluation.queries.paths[strip.query]
            yield from (evaluation.gallery.paths[answer] for answer in strip.answers)


def choose_strips(evaluation: Evaluation) -> Strips:
    """The worst and the best by the ranking metric.

    Of the bad ones those come first that are surest of a wrong picture, of the good ones those that have most to find
    and find it though it looks least alike.
    """
    queries = evaluation.model.queries
    if not len(queries.rows):
        return Strips("", (), ())
    metric = ranking_metric(evaluation)
    scores = queries.values[metric]
    labels = evaluation.queries.labels[queries.rows]
    present, sizes = np.unique(evaluation.gallery.labels, return_counts=True)
    counts = sizes[np.searchsorted(present, labels)]
    downward = np.lexsort((-queries.similarity, scores))
    upward = np.lexsort((queries.similarity, -counts, -scores))
    most = len(scores)
    worst = _few_of_each(downward, labels, min(QUERIES, most if most <= QUERIES else most // 2))
    best = _few_of_each(upward[~np.isin(upward, worst)], labels, min(QUERIES, most - len(worst), most // 2))
    return Strips(metric, _strips(evaluation, worst, scores), _strips(evaluation, best, scores))


def _few_of_each(order: NDArray[np.intp], labels: NDArray[np.int64], count: int) -> list[int]:
    """The first `count` in that order, though not more than OF_A_CLASS of a class as long as there are others."""
    taken: list[int] = []
    kept_back: list[int] = []
    seen: dict[int, int] = {}
    for row in map(int, order):
        if len(taken) == count:
            break
        label = int(labels[row])
        seen[label] = seen.get(label, 0) + 1
        (taken if seen[label] <= OF_A_CLASS else kept_back).append(row)
    return [*taken, *kept_back[: count - len(taken)]]


def _strips(evaluation: Evaluation, rows: Sequence[int], scores: NDArray[np.float64]) -> tuple[Strip, ...]:
    if not rows:
        return ()
    asked = evaluation.model.queries.rows[list(rows)]
    answers, similarities = neighbours(evaluation, evaluation.model, asked, NEIGHBOURS)
    return tuple(
        Strip(int(query), float(scores[row]), tuple(map(int, some[some >= 0])), tuple(map(float, similar[some >= 0])))
        for row, query, some, similar in zip(rows, asked, answers, similarities, strict=True)
    )


def strip_lists(evaluation: Evaluation, strips: Strips, tiles: Tiles) -> str:
    """Both lists, worst first."""
    if not strips.worst:
        return ""
    worst = "The worst queries" if strips.best else "All queries, the worst first"
    parts = [f"<p>By {strips.metric}. Each query at the left, then the pictures nearest to it.</p>"]
    for title, some in ((worst, strips.worst), ("The best queries", strips.best)):
        if some:
            shown = "\n".join(f"<li>{_strip(evaluation, strip, strips.metric, tiles)}</li>" for strip in some)
            parts.append(f'<h3>{title}</h3>\n<ol class="strips">\n{shown}\n</ol>')
    return "\n".join(parts)


def _strip(evaluation: Evaluation, strip: Strip, metric: str, tiles: Tiles) -> str:
    queries, gallery = evaluation.queries, evaluation.gallery
    own = queries.labels[strip.query]
    query = tiles.tile(
        queries.paths[strip.query], f"query, {metric} {strip.score:.3f}", queries.classes[strip.query], "query"
    )
    answers = "\n".join(
        "<li>"
        + tiles.tile(
            gallery.paths[answer],
            f"{rank}. {similarity:.3f}",
            gallery.classes[answer],
            "right" if gallery.labels[answer] == own else "wrong",
        )
        + "</li>"
        for rank, (answer, similarity) in enumerate(zip(strip.answers, strip.similarities, strict=True), 1)
    )
    return f'<div class="strip">{query}\n<ol class="answers">\n{answers}\n</ol></div>'
