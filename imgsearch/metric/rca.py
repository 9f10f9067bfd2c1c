"""Relevant component analysis (Bar-Hillel, Hertz, Shental and Weinshall 2003, Learning distance functions using
equivalence relations): what varies among pictures of the same thing is of no relevance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.covariance import Shrinkage, shrunk_covariance
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.mahalanobis import inverse_root
from imgsearch.metric.pairs import Pairs, check_pairs
from imgsearch.retrieval.labelled import checked, class_indices

_NEGLIGIBLE = 1e-12  # of float64, after the few roundings that this takes


def fit(
    embeddings: NDArray[np.floating], labels: NDArray[np.integer], *, shrinkage: Shrinkage = "auto"
) -> LinearMetric:
    """L = C^-½ (d, d), symmetric, where C is the covariance of embeddings (n, d) about the mean of their class, shrunk.

    The paper's chunklets, groups of pictures of the same thing, are the classes of the labels (n,); classes of one say
    nothing. `shrinkage` is Ledoit and Wolf's by default, so that n < d suffices; 0 is the paper's C.

    Raises UserError where lengths differ, an embedding is not finite, there is one class, no class has two members, no
    class varies, C is singular, or `shrinkage` is out of its range.
    """
    classes = checked(embeddings, labels)
    if classes.max() == 0:
        raise UserError("all pictures are of one class: give RCA a second class to tell it from")
    return _learned(embeddings, classes, shrinkage)


def fit_pairs(embeddings: NDArray[np.floating], pairs: Pairs, *, shrinkage: Shrinkage = "auto") -> LinearMetric:
    """`fit` where a chunklet is all that pairs marked as same join, directly or by way of others.

    Pairs marked as different are not used. Raises UserError as `fit` does, where `check_pairs` does, and where no pair
    is marked as same.
    """
    check_pairs(embeddings, pairs)
    if not pairs.same.any():
        raise UserError("no pair is marked as same, and RCA learns from those alone: mark at least one")
    chunklets = _joined(len(embeddings), pairs.first[pairs.same], pairs.second[pairs.same])
    return _learned(embeddings, class_indices(chunklets), shrinkage)


def _learned(embeddings: NDArray[np.floating], chunklets: NDArray[np.intp], shrinkage: Shrinkage) -> LinearMetric:
    points = embeddings.astype(np.float64)
    sizes = np.bincount(chunklets)
    sums = np.zeros((len(sizes), points.shape[1]))
    np.add.at(sums, chunklets, points)
    residuals = (points - (sums / sizes[:, np.newaxis])[chunklets])[sizes[chunklets] > 1]
    if np.abs(residuals).max() <= _NEGLIGIBLE * np.abs(points).max():
        raise UserError("no two pictures of the same class differ: give RCA some variation within a class to measure")
    return LinearMetric.centred(inverse_root(shrunk_covariance(residuals, shrinkage)), points.mean(axis=0))


def _joined(count: int, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each of `count` rows (count,) the row that stands for all those that pairs of rows join it to."""
    parents = list(range(count))

    def standing_for(row: int) -> int:
        while parents[row] != row:
            parents[row] = row = parents[parents[row]]  # halves the way for the next who comes along
        return row

    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        parents[standing_for(one)] = standing_for(other)
    return np.array([standing_for(row) for row in range(count)])
