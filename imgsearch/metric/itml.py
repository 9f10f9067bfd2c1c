"""Information-theoretic metric learning (Davis, Kulis, Jain, Sra and Dhillon 2007): the metric nearest to the Euclidean
in which similar pictures are nearer than one bound and dissimilar ones farther than another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.lbfgs import Objective, minimise
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.pairs import Pairs, any_pairs, check_pairs, class_pairs
from imgsearch.metric.root import symmetric_root
from imgsearch.retrieval.labelled import checked

_NEGLIGIBLE = 1e-12  # of float64, after the few roundings that this takes
_OBSERVED = 50_000  # pairs, whose distances give the bounds
_ITERATIONS = 200
_TOLERANCE, _ROUGH = 1e-9, 1e-6  # of what the Euclidean metric costs, for all pairs and for drawn ones


def fit(
    embeddings: NDArray[np.floating],
    labels: NDArray[np.integer],
    *,
    gamma: float = 1.0,
    upper: float | None = None,
    lower: float | None = None,
    pairs: int = 10_000,
    seed: int = 0,
) -> LinearMetric:
    """L = M^½ (d, d), symmetric, of the M ≻ 0 nearest to I by the LogDet divergence that keeps pairs within bounds.

    Pairs of one class are to have d²_M ≤ `upper`, pairs of two classes d²_M ≥ `lower`: all pairs of embeddings (n, d)
    with labels (n,), or of either kind `pairs` drawn by `seed` where there are more. The bounds are of squared
    distances; None takes the 5th and the 95th percentile of those between different embeddings, whatever their classes
    (of 50,000 drawn pairs where there are more). Bounds may be exceeded, at a price in proportion to `gamma`.

    The distances do not depend on the order of the pictures where no pair is drawn. Where no pair says anything of a
    direction, M stays as it is, so that n ≤ d suffices. Pairs of identical embeddings are left out: no M parts them.

    Raises UserError where lengths differ, an embedding is not finite, there is one class, no class has two members, all
    embeddings are the same, or an option is out of its range.
    """
    classes = checked(embeddings, labels)
    if classes.max() == 0:
        raise UserError("all pictures are of one class: give ITML a second class to tell it from")
    if pairs < 1:
        raise UserError(f"pairs {pairs} is out of range: give ITML at least one")
    drawn = class_pairs(classes, pairs, seed)
    same, every = int((np.bincount(classes) ** 2).sum() - len(classes)) // 2, len(classes) * (len(classes) - 1) // 2
    rough = max(same, every - same) > pairs
    return _learned(embeddings, drawn, gamma, upper, lower, seed, rough=rough)


def fit_pairs(
    embeddings: NDArray[np.floating],
    pairs: Pairs,
    *,
    gamma: float = 1.0,
    upper: float | None = None,
    lower: float | None = None,
    seed: int = 0,
) -> LinearMetric:
    """`fit` from pairs marked as same and as different, of which one kind suffices.

    UserError as there, for pairs that contradict each other, and where no pair has two different embeddings.
    """
    return _learned(embeddings, pairs, gamma, upper, lower, seed, rough=False)


def _learned(
    embeddings: NDArray[np.floating],
    pairs: Pairs,
    gamma: float,
    upper: float | None,
    lower: float | None,
    seed: int,
    *,
    rough: bool,
) -> LinearMetric:
    """With `rough`, products are taken in float32, at twice the speed: drawn pairs are an estimate anyhow."""
    check_pairs(embeddings, pairs)
    for name, value in (("gamma", gamma), ("upper", upper), ("lower", lower)):
        if value is not None and not 0 < value < np.inf:
            raise UserError(f"{name} {value} is out of range: choose a number above 0")
    points = embeddings.astype(np.float64)
    differences = pairs.differences(points)
    differ = np.abs(differences).max(axis=1, initial=0) > _NEGLIGIBLE * np.abs(points).max(initial=0)
    if not differ.any():
        raise UserError("no pair has two different embeddings: give ITML some that differ")
    if upper is None or lower is None:
        percentiles = _bounds(points, seed)
        upper, lower = percentiles[0] if upper is None else upper, percentiles[1] if lower is None else lower
    bounds = np.where(pairs.same, upper, lower)[differ]
    kept = differences[differ].astype(np.float32 if rough else np.float64)
    metric = _nearest(kept, bounds, pairs.same[differ], gamma, _ROUGH if rough else _TOLERANCE)
    return LinearMetric.centred(symmetric_root(metric), points.mean(axis=0))


def _bounds(points: NDArray[np.float64], seed: int) -> tuple[float, float]:
    first, second = any_pairs(len(points), _OBSERVED, seed)
    differences = points[first] - points[second]
    differ = np.abs(differences).max(axis=1) > _NEGLIGIBLE * np.abs(points).max()
    low, high = np.percentile(np.sum(differences[differ] ** 2, axis=1), (5, 95))
    return float(low), float(high)


def _nearest(
    differences: NDArray[np.floating],
    bounds: NDArray[np.float64],
    same: NDArray[np.bool_],
    gamma: float,
    tolerance: float,
) -> NDArray[np.float64]:
    cost = divergence(differences, bounds, same, gamma)
    start = np.eye(differences.shape[1])
    unit = cost(start)[0]
    if unit == 0:  # the Euclidean metric keeps within all bounds
        return start

    def relative(matrix: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, gradient = cost(matrix)
        return value / unit, gradient / unit

    matrix = minimise(relative, start, iterations=_ITERATIONS, tolerance=tolerance)
    metric: NDArray[np.float64] = matrix.T @ matrix
    return metric


def divergence(
    differences: NDArray[np.floating], bounds: NDArray[np.float64], same: NDArray[np.bool_], gamma: float
) -> Objective:
    """What ITML minimises, as a function of L (d, d) with M = LᵀL, from pairs' differences (p, d), none of them 0.

    The paper's problem gives each pair a bound ξ of its own, near its b of `bounds` (p,) by the divergence by which M
    is near I: min tr M − log det M − d + γ·Σ (ξ/b − log(ξ/b) − 1) s.t. d²_M ≤ ξ for similar and d²_M ≥ ξ for dissimilar
    pairs. For a given M the best ξ is the pair's d²_M where that breaks the bound b, and b itself where it does not.
    What remains is smooth, and convex in M: following its gradient leads to the M that the paper's projections, pair
    after pair, have for their limit, in dozens of products of matrices and with no order of the pairs to depend on.
    """

    def cost(matrix: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        sign, log_determinant = np.linalg.slogdet(matrix)
        mapped = differences @ matrix.T.astype(differences.dtype)
        ratios = np.einsum("ij,ij->i", mapped, mapped) / bounds
        if sign == 0 or ratios.min() <= 0:  # the divergence has no bound there
            return np.inf, matrix
        ratios = np.where((ratios > 1) == same, ratios, 1.0)
        value = np.sum(matrix**2) - 2 * log_determinant - len(matrix) + gamma * np.sum(ratios - 1 - np.log(ratios))
        active = np.flatnonzero(ratios != 1)  # the others are within their bounds
        pulls = (gamma * (1 - 1 / ratios) / bounds)[active].astype(differences.dtype)
        beyond = differences[active]
        pull = beyond.T * pulls @ beyond
        return float(value), 2 * (matrix + matrix @ pull - np.linalg.inv(matrix).T)

    return cost
