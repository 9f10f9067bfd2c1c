"""From what each query scored to figures with intervals, and to what one model has over another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.bootstrap import ClassScores
from imgsearch.retrieval.summary import differences, summarised
from imgsearch.workflows.evaluation.result import Compared, Figure, Figures

Scores = NDArray[np.float64]
Values = Mapping[str, Scores]
"""By metric, (q,) what each query scored."""


def figures(values: Values, classes: NDArray[np.integer]) -> Figures:
    """Means of queries of these classes (q,), with intervals."""
    return {
        name: Figure(
            summary.micro.value,
            summary.macro.value,
            (summary.micro.low, summary.micro.high),
            (summary.macro.low, summary.macro.high),
        )
        for name, summary in summarised(values, classes).items()
    }


def exact_figures(values: Values, classes: NDArray[np.integer]) -> Figures:
    """The same of what is known exactly, as chance is."""
    return {name: Figure(figure.micro, figure.macro) for name, figure in figures(values, classes).items()}


def compare(
    metric: str, baseline: tuple[str, Scores], others: Sequence[tuple[str, Scores]], classes: NDArray[np.integer]
) -> list[Compared]:
    """What each of the others, named with its scores (q,), has over the baseline on the same queries (q,)."""
    count = int(classes.max()) + 1
    scores = {name: ClassScores.of(values, classes.astype(np.intp), count) for name, values in (baseline, *others)}
    return [
        Compared(
            found.model,
            found.baseline,
            metric,
            found.difference.value,
            (found.difference.low, found.difference.high),
            found.sentence,
        )
        for found in differences(scores, metric)
    ]
