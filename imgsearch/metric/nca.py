"""Neighbourhood components analysis (Goldberger, Roweis, Hinton and Salakhutdinov 2004, Neighbourhood components
analysis): each picture picks one neighbour at random, the nearer the likelier, and most are to pick their own class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.covariance import shrunk_covariance
from imgsearch.metric.lbfgs import Array, Objective, minimise
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.root import symmetric_root
from imgsearch.retrieval.labelled import checked

_BLOCK = 256  # anchors at a time, which bounds the memory
_NEGLIGIBLE = 1e-12  # of float64, after the few roundings that this takes


def fit(
    embeddings: NDArray[np.floating],
    labels: NDArray[np.integer],
    *,
    penalty: float = 0.01,
    iterations: int = 50,
    tolerance: float = 1e-4,
    anchors: int = 2000,
    seed: int = 0,
) -> LinearMetric:
    """L (d, d), symmetric, at a local maximum of the mean over i of Σ_j e^−D²ij / Σ_k e^−D²ik, less penalty·tr(LΣLᵀ).

    D_ij = ‖L(x_i − x_j)‖ of embeddings (n, d) with labels (n,); j is of i's class, and neither j nor k is i. L-BFGS
    starts from a multiple of the identity (see `_unit`). The maximum is one of LᵀL; L is its symmetric root.

    The paper has no penalty. Then L grows until each picture picks one alone, and learns little that holds for others.
    tr(LΣLᵀ) is half the mean D², Σ the covariance of all embeddings, shrunk after Ledoit and Wolf so that what no
    picture shows is worth nothing either. As the mean is at most 1, 0.01 keeps the mean D² below 200.

    The i are the pictures of classes with two members or more; of more than `anchors` as many are drawn by `seed`, and
    products taken in float32. All pictures are their neighbours, so that a step costs about 4·anchors·n·d operations.

    Raises UserError where lengths differ, an embedding is not finite, there is one class, no class has two members, all
    embeddings are the same, or an option is out of its range.
    """
    classes = checked(embeddings, labels)
    if classes.max() == 0:
        raise UserError("all pictures are of one class: give NCA a second class to tell it from")
    _check(penalty=(penalty, 0), iterations=(iterations, 1), tolerance=(tolerance, 0), anchors=(anchors, 1))
    points = embeddings.astype(np.float64)
    mean = points.mean(axis=0)
    if np.abs(points - mean).max() <= _NEGLIGIBLE * np.abs(points).max():
        raise UserError("all embeddings are the same: give pictures that differ")
    points -= mean
    rows = np.flatnonzero(np.bincount(classes)[classes] > 1)
    precision: type[np.floating] = np.float64
    if len(rows) > anchors:
        rows = np.sort(np.random.default_rng(seed).choice(rows, anchors, replace=False))
        precision = np.float32  # the draw is an estimate anyhow
    unit = _unit(points, rows)
    points /= unit
    misplacement = misplaced(points.astype(precision), classes, rows)
    covariance = shrunk_covariance(points, "auto")

    def objective(matrix: Array) -> tuple[float, Array]:
        value, gradient = misplacement(matrix)
        spread = matrix @ covariance
        return value + penalty * float(np.sum(spread * matrix)), gradient + 2 * penalty * spread

    learned = minimise(objective, np.eye(points.shape[1]), iterations=iterations, tolerance=tolerance)
    return LinearMetric.centred(symmetric_root(learned.T @ learned) / unit, mean)


def _check(**options: tuple[float, float]) -> None:
    for option, (value, least) in options.items():
        if not least <= value < np.inf:
            raise UserError(f"{option} {value} is out of range: choose at least {least}")


def misplaced(points: NDArray[np.floating], classes: NDArray[np.intp], anchors: NDArray[np.intp]) -> Objective:
    """Minus fit's mean over anchors (m,), rows of points (n, d) of classes (n,), and its gradient, for each L (d, d).

    With q_ij the chance that i picks j, p_i that it picks its class and w_ij = p_i·q_ij − [j of i's class]·q_ij, the
    gradient is −2/m·L·Σ_ij w_ij·(x_i − x_j)(x_i − x_j)ᵀ. In that sum x_i·x_iᵀ falls out, because Σ_j w_ij = 0.
    """

    def objective(matrix: Array) -> tuple[float, Array]:
        mapped = points @ matrix.T.astype(points.dtype)
        squares = np.einsum("ij,ij->i", mapped, mapped)
        right = 0.0
        shares = np.zeros(len(points))
        crossed = np.zeros((points.shape[1], points.shape[1]))
        for block in np.split(anchors, range(_BLOCK, len(anchors), _BLOCK)):
            chances = 2 * mapped[block] @ mapped.T - squares  # −D² and the anchor's own square, which cancels
            chances[np.arange(len(block)), block] = -np.inf
            chances -= chances.max(axis=1, keepdims=True)
            np.exp(chances, out=chances)
            chances /= chances.sum(axis=1, keepdims=True)
            own = np.where(classes[block, np.newaxis] == classes, chances, 0)
            rightly = own.sum(axis=1, keepdims=True)
            weights = rightly * chances - own
            right += float(rightly.sum())
            shares += weights.sum(axis=0)
            crossed += points[block].T @ (weights @ points)
        scatter = (points.T * shares) @ points - crossed - crossed.T
        return -right / len(anchors), -2 / len(anchors) * matrix @ scatter

    return objective


def _unit(points: Array, anchors: NDArray[np.intp]) -> float:
    """The length that is 1 at the start: anchors' tenth nearest then have a mean D² of 7 more than their nearest.

    Each picture then picks among 3 or 4, whatever d and n are (the paper leaves the start open). Where it picks among
    hundreds, the first step leaps to where it picks one, and never comes back.
    """
    squares = np.einsum("ij,ij->i", points, points)
    gap = 0.0
    for block in np.split(anchors, range(_BLOCK, len(anchors), _BLOCK)):
        distances = squares - 2 * points[block] @ points.T  # D² less the anchor's own square, which cancels
        distances[np.arange(len(block)), block] = np.inf
        tenth = min(9, len(points) - 2)
        nearest = np.partition(distances, (0, tenth), axis=1)
        gap += float(np.sum(nearest[:, tenth] - nearest[:, 0]))
    # copies of a picture, and pictures all equally far apart, have no gap
    return float(np.sqrt(max(gap / len(anchors) / 7, 2 * squares.mean() / 1000)))
