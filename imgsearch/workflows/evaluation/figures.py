"""From what each query scored to figures with intervals, and to what one model has over another."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.bootstrap import ClassScores, interval, paired_interval
from imgsearch.workflows.evaluation.result import Compared, Figure, Figures

Values = Mapping[str, NDArray[np.float64]]
"""By metric, (q,) what each query scored."""


def figures(values: Values, classes: NDArray[np.integer]) -> Figures:
    """Means of queries of these classes (q,), with intervals; none where there is but one class to draw."""
    found = {}
    for name, scores in values.items():
        micro = by_class(scores, classes)
        macro = each_the_same(micro)
        several = np.count_nonzero(micro.queries) > 1
        found[name] = Figure(
            micro.mean, macro.mean, interval(micro) if several else None, interval(macro) if several else None
        )
    return found


def exact_figures(values: Values, classes: NDArray[np.integer]) -> Figures:
    """The same of what is known exactly, as chance is."""
    found = {}
    for name, scores in values.items():
        micro = by_class(scores, classes)
        found[name] = Figure(micro.mean, each_the_same(micro).mean)
    return found


def by_class(scores: NDArray[np.float64], classes: NDArray[np.integer]) -> ClassScores:
    """Scores (q,) summed by class."""
    return ClassScores.of(scores, classes.astype(np.intp), int(classes.max()) + 1)


def each_the_same(scores: ClassScores) -> ClassScores:
    """The mean of each class, as if each had one query."""
    present = scores.queries > 0
    means = np.divide(scores.sums, scores.queries, out=np.zeros_like(scores.sums), where=present)
    return ClassScores(means, present.astype(np.int64))


def compare(
    metric: str,
    model: tuple[str, NDArray[np.float64]],
    baseline: tuple[str, NDArray[np.float64]],
    classes: NDArray[np.integer],
) -> Compared:
    """What a model's scores (q,) have over a baseline's on the same queries, and whether that may be chance."""
    ours, theirs = (by_class(scores, classes) for _, scores in (model, baseline))
    difference = ours.mean - theirs.mean
    if np.count_nonzero(ours.queries) > 1:
        low, high = paired_interval(ours, theirs)
    else:
        low, high = -1.0, 1.0
    told = f"{metric} {difference:+.4f} (95 % from {low:+.4f} to {high:+.4f})"
    if low > 0:
        sentence = f"{model[0]} is better than {baseline[0]}: {told}"
    elif high < 0:
        sentence = f"{model[0]} is worse than {baseline[0]}: {told}"
    else:
        sentence = f"no difference between {model[0]} and {baseline[0]} can be told: {told}"
    return Compared(model[0], baseline[0], metric, difference, (low, high), sentence)
