"""The linear metrics by name. A new one is a new file and a line here; the contract tests then cover it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from imgsearch.metric.linear import LinearMetric
from imgsearch.registry import resolve

LINEAR_METRICS = {
    "lda": "imgsearch.metric.lda:fit",
}


class Fit(Protocol):
    """Learn a metric from embeddings (n, d) and labels (n,); options beyond these two are keywords with defaults."""

    def __call__(self, embeddings: NDArray[np.floating], labels: NDArray[np.integer], /) -> LinearMetric:
        """Raises UserError where the labelled embeddings do not suffice for the metric."""


def linear_metric(name: str) -> Fit:
    """The `fit` of the linear metric `name`, imported now; UserError with the nearest name for an unknown one."""
    fit: Fit = resolve("linear metric", LINEAR_METRICS, name)
    return fit
