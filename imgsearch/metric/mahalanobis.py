"""Mahalanobis distance, or whitening (Mahalanobis 1936, On the generalised distance in statistics)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.covariance import Shrinkage, shrunk_covariance
from imgsearch.metric.linear import LinearMetric
from imgsearch.retrieval.labelled import checked

_NEGLIGIBLE = 1e-12  # of float64, after the few roundings that this takes


def fit(
    embeddings: NDArray[np.floating], labels: NDArray[np.integer], *, shrinkage: Shrinkage = "auto"
) -> LinearMetric:
    """L = Σ^-½ (d, d), symmetric, where Σ is the covariance of all embeddings (n, d) about their mean, shrunk.

    In it every direction varies equally. `shrinkage` is Ledoit and Wolf's by default, so that n ≤ d suffices. The
    labels (n,) are checked like those of any metric, but teach it nothing.

    Raises UserError where lengths differ, an embedding is not finite, no class has two members, all embeddings are the
    same, Σ is singular, or `shrinkage` is out of its range.
    """
    checked(embeddings, labels)
    points = embeddings.astype(np.float64)
    mean = points.mean(axis=0)
    if np.abs(points - mean).max() <= _NEGLIGIBLE * np.abs(points).max():
        raise UserError("all embeddings are the same: give pictures that differ")
    return LinearMetric.centred(inverse_root(shrunk_covariance(points - mean, shrinkage)), mean)


def inverse_root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """The symmetric S^-½ (d, d) of a covariance S (d, d); UserError where S is singular."""
    variances, directions = np.linalg.eigh(covariance)
    if variances[0] <= _NEGLIGIBLE * variances[-1]:
        raise UserError("the covariance is singular: give more shrinkage, or more pictures")
    root: NDArray[np.float64] = directions / np.sqrt(variances) @ directions.T
    return root
