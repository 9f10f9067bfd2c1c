"""The linear metrics by name. A new one is a new file and a line here; the contract tests then cover it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.pairs import Pairs
from imgsearch.registry import resolve

LINEAR_METRICS = {
    "itml": "imgsearch.metric.itml:fit",
    "lda": "imgsearch.metric.lda:fit",
    "lmnn": "imgsearch.metric.lmnn:fit",
    "mahalanobis": "imgsearch.metric.mahalanobis:fit",
    "mmc": "imgsearch.metric.mmc:fit",
    "nca": "imgsearch.metric.nca:fit",
    "rca": "imgsearch.metric.rca:fit",
    "whitening": "imgsearch.metric.mahalanobis:fit",
}

PAIR_METRICS = {
    "itml": "imgsearch.metric.itml:fit_pairs",
    "mmc": "imgsearch.metric.mmc:fit_pairs",
    "rca": "imgsearch.metric.rca:fit_pairs",
}
"""Those that pairs of pictures marked as same or different suffice for."""

STEPS = {
    "centring": "imgsearch.metric.centring:fit",
    "between": "imgsearch.metric.between:fit",
}
"""Parts of recipes, see `imgsearch.metric.recipe`; no metrics to be taken by themselves."""


class Fit(Protocol):
    """Learn a metric from embeddings (n, d) and labels (n,); options beyond these two are keywords with defaults."""

    def __call__(self, embeddings: NDArray[np.floating], labels: NDArray[np.integer], /) -> LinearMetric:
        """Raises UserError where the labelled embeddings do not suffice for the metric."""


class FitPairs(Protocol):
    """Learn a metric from embeddings (n, d) and pairs of their rows; options beyond these have defaults."""

    def __call__(self, embeddings: NDArray[np.floating], pairs: Pairs, /) -> LinearMetric:
        """Raises UserError where the pairs do not suffice for the metric."""


def linear_metric(name: str) -> Fit:
    """The `fit` of the linear metric `name`, imported now; UserError with the nearest name for an unknown one."""
    fit: Fit = resolve("linear metric", {**LINEAR_METRICS, **STEPS}, name)
    return fit


def pair_metric(name: str) -> FitPairs:
    """The `fit_pairs` of the linear metric `name`, imported now; UserError for one that learns from no pairs."""
    fit: FitPairs = resolve("metric from pairs", PAIR_METRICS, name)
    return fit
