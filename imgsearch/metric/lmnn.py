"""Large margin nearest neighbours (Weinberger, Blitzer and Saul 2006, Distance metric learning for large margin nearest
neighbor classification): each picture's neighbours of its own class nearer, by a margin, than all of other classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.lbfgs import Objective, minimise
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.root import symmetric_root
from imgsearch.retrieval.labelled import checked

Rows = NDArray[np.intp]

_NEGLIGIBLE = 1e-12  # of float64, after the few roundings that this takes
_TOLERANCE = 1e-6  # of the objective
_BLOCK = 4_000_000  # distances at a time


def fit(
    embeddings: NDArray[np.floating],
    labels: NDArray[np.integer],
    *,
    neighbours: int = 3,
    mu: float = 0.5,
    anchors: int = 2_000,
    iterations: int = 50,
    seed: int = 0,
) -> LinearMetric:
    """L = M^½ (d, d), symmetric, of the M ⪰ 0 with the least (1−μ)·Σ d²_M(i, j) + μ·Σ [1 + d²_M(i, j) − d²_M(i, l)]₊.

    i goes over the anchors: all embeddings (n, d) of classes, by labels (n,), that have two members, or `anchors` of
    them drawn by `seed` where there are more. j goes over i's target neighbours, the `neighbours` nearest of its class
    in Euclidean distance, or all where the class has fewer; l over all embeddings of other classes, impostors where
    nearer than the margin allows. A class of one has no targets, but its picture can be an impostor.

    The margin of 1 sets no unit: M scales until it fits, in the `iterations` at most of a descent that starts from the
    Euclidean distance in which two pictures are 1 apart on average (squared). Time grows with anchors × n × d.

    Raises UserError where lengths differ, an embedding is not finite, there is one class, no class has two members, all
    embeddings are the same, or an option is out of its range.
    """
    classes = checked(embeddings, labels)
    if classes.max() == 0:
        raise UserError("all pictures are of one class: give LMNN a second class to tell it from")
    for name, value in (("neighbours", neighbours), ("anchors", anchors), ("iterations", iterations)):
        if value < 1:
            raise UserError(f"{name} {value} is out of range: choose 1 or more")
    if not 0 < mu < 1:
        raise UserError(f"mu {mu} is out of range: choose a number between 0 and 1")
    points = embeddings.astype(np.float64)
    mean = points.mean(axis=0)
    if np.abs(points - mean).max() <= _NEGLIGIBLE * np.abs(points).max():
        raise UserError("all embeddings are the same: give pictures that differ")
    unit = np.sqrt(2 * np.mean(np.sum((points - mean) ** 2, axis=1)))

    rows = np.flatnonzero(np.bincount(classes)[classes] > 1)
    if len(rows) > anchors:
        rows = np.sort(np.random.default_rng(seed).choice(rows, anchors, replace=False))
    # drawn anchors are an estimate already, to which float32's rounding, at twice the speed, adds nothing that matters
    scaled = ((points - mean) / unit).astype(np.float64 if len(points) <= anchors else np.float32)
    targets = nearest_of_class(scaled, classes, rows, neighbours)
    cost = objective(scaled, classes, rows, targets, mu)
    matrix = minimise(cost, np.eye(points.shape[1]), iterations=iterations, tolerance=_TOLERANCE)
    return LinearMetric.centred(symmetric_root(matrix.T @ matrix) / unit, mean)


def nearest_of_class(points: NDArray[np.floating], classes: Rows, anchors: Rows, count: int) -> Rows:
    """(a, k) rows of the `count` nearest to each of (a,) anchors in its own class, never itself; −1 where none is left.

    k is `count`, or less where no class has as many others.
    """
    count = min(count, int(np.bincount(classes).max()) - 1)
    nearest = np.full((len(anchors), count), -1)
    for label in np.unique(classes[anchors]):
        members, own = np.flatnonzero(classes == label), np.flatnonzero(classes[anchors] == label)
        squared = _squared_distances(points[anchors[own]], points[members])
        squared[anchors[own][:, np.newaxis] == members] = np.inf
        kept = min(count, len(members) - 1)
        nearest[own, :kept] = members[np.argsort(squared, axis=1, kind="stable")[:, :kept]]
    return nearest


def objective(points: NDArray[np.floating], classes: Rows, anchors: Rows, targets: Rows, mu: float) -> Objective:
    """LMNN's objective divided by the number of anchors, with its gradient, as a function of L (d, d) with M = LᵀL."""
    targeted = targets >= 0
    steps = points[anchors][:, np.newaxis] - points[targets]
    block = max(1, _BLOCK // len(points))

    def cost(matrix: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        turned = matrix.T.astype(points.dtype)
        mapped = points @ turned
        near = np.where(targeted, np.sum((steps @ turned) ** 2, axis=2), -np.inf)
        value = (1 - mu) * float(near[targeted].sum())
        pulls = (1 - mu) * targeted  # on the pairs of anchor and target
        pushes = np.zeros(len(points))  # off all pairs of anchor and impostor that a row is in
        crossed = np.zeros_like(matrix)
        for begin in range(0, len(anchors), block):
            part = slice(begin, begin + block)
            rows, impostors, excess = _impostors(mapped, classes, anchors[part], near[part])
            active = excess > 0
            value += mu * float(excess[active].sum())
            for slot in range(targets.shape[1]):
                pulls[part, slot] += mu * np.bincount(rows, active[:, slot], len(anchors[part]))
            weights = np.zeros((len(anchors[part]), len(points)), dtype=points.dtype)
            weights[rows, impostors] = mu * active.sum(axis=1)
            pushes[anchors[part]] += weights.sum(axis=1)
            pushes += weights.sum(axis=0)
            crossed += points[anchors[part]].T @ (weights @ points)
        # Σ w·(x − y)(x − y)ᵀ, over targets as it stands, over the many impostors multiplied out
        flat = steps.reshape(-1, points.shape[1])
        gradient = flat.T * pulls.ravel() @ flat - (points.T * pushes @ points - crossed - crossed.T)
        return value / len(anchors), 2 * matrix @ gradient / len(anchors)

    return cost


def _impostors(
    mapped: NDArray[np.floating], classes: Rows, anchors: Rows, near: NDArray[np.floating]
) -> tuple[Rows, Rows, NDArray[np.floating]]:
    """Positions in `anchors` (h,) with rows of impostors (h,), and by how far these are within each margin (h, k)."""
    squared = _squared_distances(mapped[anchors], mapped)
    squared[classes[anchors][:, np.newaxis] == classes] = np.inf
    rows, impostors = np.nonzero(squared < 1 + near.max(axis=1, keepdims=True))
    return rows, impostors, 1 + near[rows] - squared[rows, impostors][:, np.newaxis]


def _squared_distances(x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.floating]:
    """(a, b) from (a, d) and (b, d)."""
    squared: NDArray[np.floating] = x @ (-2 * y.T)
    squared += np.sum(x**2, axis=1)[:, np.newaxis]
    squared += np.sum(y**2, axis=1)
    return squared
