"""Mahalanobis metric for clustering (Xing, Ng, Jordan and Russell 2003, Distance metric learning with application to
clustering with side-information): similar pictures near, dissimilar ones on average apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.covariance import Shrinkage, shrunk_covariance
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.mahalanobis import inverse_root
from imgsearch.metric.pairs import Pairs, check_pairs, class_pairs
from imgsearch.metric.root import symmetric_root
from imgsearch.retrieval.labelled import checked

_NEGLIGIBLE = 1e-12  # of float64, after the few roundings that this takes
_ITERATIONS = 1000  # a few dozen are usual
_GAP = 1e-3  # of the sum of distances


def fit(
    embeddings: NDArray[np.floating],
    labels: NDArray[np.integer],
    *,
    shrinkage: Shrinkage = "auto",
    pairs: int = 20_000,
    seed: int = 0,
) -> LinearMetric:
    """L = M^½ (d, d), symmetric, of the M ⪰ 0 with the least Σ d²_M over similar pairs s.t. Σ d_M ≥ 1 over dissimilar.

    Similar are all pairs of embeddings (n, d) of one class by labels (n,), dissimilar all pairs of two classes, or
    `pairs` of them drawn by `seed` where there are more. Of the similar ones only the scatter S = Σ (x − y)(x − y)ᵀ
    matters, Σ d²_M = tr(S·M); it is shrunk by `shrinkage`, Ledoit and Wolf's by default, so that n ≤ d suffices.
    The optimum is often of low rank: L then ignores directions, as the problem as published asks.

    Raises UserError where lengths differ, an embedding is not finite, there is one class, no class has two members, no
    class varies, all pictures of different classes are identical, S is singular, or an option is out of its range.
    """
    classes = checked(embeddings, labels)
    if classes.max() == 0:
        raise UserError("all pictures are of one class: give MMC a second class to tell it from")
    if pairs < 1:
        raise UserError(f"pairs {pairs} is out of range: give MMC at least one")
    points = embeddings.astype(np.float64)
    drawn = class_pairs(classes, pairs, seed)
    # the pairs of a class of n have n times the scatter about its mean, so no pair needs to be formed
    sizes = np.bincount(classes)
    means = np.stack([points[classes == label].mean(axis=0) for label in range(len(sizes))])
    similar = np.sqrt(sizes[classes])[:, np.newaxis] * (points - means[classes])
    return _learned(points, similar[sizes[classes] > 1], drawn.differences(points)[~drawn.same], shrinkage)


def fit_pairs(embeddings: NDArray[np.floating], pairs: Pairs, *, shrinkage: Shrinkage = "auto") -> LinearMetric:
    """`fit` from pairs marked as same and as different.

    UserError as there, for pairs that contradict each other, and where one of the two kinds is missing.
    """
    check_pairs(embeddings, pairs)
    if pairs.same.all() or not pairs.same.any():
        raise UserError("MMC learns from pairs of both kinds, same and different: mark at least one of each")
    points = embeddings.astype(np.float64)
    differences = pairs.differences(points)
    return _learned(points, differences[pairs.same], differences[~pairs.same], shrinkage)


def _learned(
    points: NDArray[np.float64],
    similar: NDArray[np.float64],
    dissimilar: NDArray[np.float64],
    shrinkage: Shrinkage,
) -> LinearMetric:
    negligible = _NEGLIGIBLE * np.abs(points).max()
    dissimilar = dissimilar[np.abs(dissimilar).max(axis=1) > negligible]  # identical pictures: 0 apart in any metric
    if len(dissimilar) == 0:
        raise UserError("all pictures that are said to be different are identical: give MMC some that differ")
    if np.abs(similar).max() <= negligible:
        raise UserError("all pictures that are said to be the same are identical: give MMC some that differ")
    whitening = inverse_root(len(similar) * shrunk_covariance(similar, shrinkage))
    metric = whitening @ spread(dissimilar @ whitening) @ whitening
    metric = metric / _distances(metric, dissimilar).sum() ** 2
    return LinearMetric.centred(symmetric_root(metric), points.mean(axis=0))


def spread(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """The N ⪰ 0 (d, d) of trace 1 with the greatest g(N) = Σ √(uᵀNu) over the rows u of `steps` (p, d), none 0.

    It gives MMC's M. Scaling M by c scales tr(S·M) by c and Σ d_M by √c: of two metrics of the same tr(S·M), the one
    with the greater Σ d_M is the better. With N = S^½·M·S^½ and u = S^-½·(x − y) they are tr N and g(N).

    N = BᵀB turns g into Σ ‖Bu‖, convex in B, which is maximised over ‖B‖ = 1 by going to the direction of its gradient
    B·W, W = Σ uuᵀ/‖Bu‖, again and again: g grows with every step and needs no step length (Journée, Nesterov, Richtárik
    and Sepulchre 2010, Generalized power method for sparse principal component analysis). For any other N′ of trace 1,
    g(N′) ≤ √(Σ uᵀN′u/‖Bu‖ · Σ ‖Bu‖) = √(tr(W·N′)·g(N)) ≤ √(λ_max(W)·g(N)) by Cauchy and Schwarz, which says when to
    stop: when g can grow by a thousandth at most.
    """
    dimension = steps.shape[1]
    share: NDArray[np.float64] = np.eye(dimension) / dimension
    for _ in range(_ITERATIONS):
        distances = _distances(share, steps)
        distances = np.maximum(distances, _NEGLIGIBLE * distances.mean())  # N may have given up a step's direction
        weights = steps.T / distances @ steps
        if np.linalg.eigvalsh(weights)[-1] <= (1 + _GAP) ** 2 * distances.sum():
            break
        share = weights @ share @ weights
        share = share / np.trace(share)
    return share


def _distances(metric: NDArray[np.float64], differences: NDArray[np.float64]) -> NDArray[np.float64]:
    squared: NDArray[np.float64] = np.einsum("ij,ij->i", differences @ metric, differences)
    return np.sqrt(np.maximum(squared, 0))
