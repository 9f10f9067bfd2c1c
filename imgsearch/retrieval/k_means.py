"""k-means of embeddings, seeded by k-means++, and independent of the order of pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.canonical import canonical_order
from imgsearch.retrieval.exact import BLOCK, exact_rows

RESTARTS = 3
ITERATIONS = 50
TOLERANCE = 1e-4
"""Share of the squared distances by which an iteration has to lessen them, or it is the last."""
_ROUNDS = 64  # in which centres are drawn, several a round where there are more


def k_means(
    embeddings: NDArray[np.floating], clusters: int, *, seed: int = 0, restarts: int = RESTARTS
) -> NDArray[np.intp]:
    """The cluster (n,), from 0 to `clusters` − 1, of each of the embeddings (n, d), none longer than 1.

    Lloyd's iterations, at most `ITERATIONS`, until hardly anything changes; of several restarts the one of least
    squared distances. Equal embeddings are always of one cluster, and with fewer different ones than clusters, each is
    its own. Arthur and Vassilvitskii, "k-means++: The Advantages of Careful Seeding", 2007; of more than 64 centres,
    several are drawn at a time.
    """
    order, ranks = canonical_order(embeddings)
    firsts = np.unique(ranks[order], return_index=True)[1]
    points = exact_rows(embeddings[order[firsts]]).astype(np.float32)
    weights = np.bincount(ranks).astype(np.float64)
    clusters = min(clusters, len(points))
    best, least = np.arange(len(points)), np.inf
    if clusters < len(points):
        for lots in np.random.default_rng(seed).spawn(restarts):
            assigned, cost = _lloyd(points, weights, _seeded(points, weights, clusters, lots))
            if cost < least:
                best, least = assigned, cost
    return best[ranks]


def _seeded(
    points: NDArray[np.float32], weights: NDArray[np.float64], clusters: int, lots: np.random.Generator
) -> NDArray[np.float32]:
    """Centres (clusters or fewer, d), drawn from the points by their squared distance to those drawn before."""
    chosen = [int(lots.choice(len(points), p=weights / weights.sum()))]
    distances = _nearest(points, points[chosen])[1]
    distances[chosen] = 0.0
    at_once = -(-clusters // _ROUNDS)
    while len(chosen) < clusters:
        odds = weights * distances
        odds[chosen] = 0.0
        several = min(at_once, clusters - len(chosen), int(np.count_nonzero(odds)))
        if not several:  # all others are centres but for rounding
            break
        new = lots.choice(len(points), several, replace=False, p=odds / odds.sum()).tolist()
        chosen += new
        distances = np.minimum(distances, _nearest(points, points[new])[1])
    return points[chosen]


def _lloyd(
    points: NDArray[np.float32], weights: NDArray[np.float64], centres: NDArray[np.float32]
) -> tuple[NDArray[np.intp], float]:
    before = np.inf
    for _ in range(ITERATIONS):
        assigned, distances = _nearest(points, centres)
        cost = float(weights @ distances)
        if cost >= (1 - TOLERANCE) * before:
            break
        before, centres = cost, _means(points, weights, assigned, centres)
    return assigned, cost


def _nearest(points: NDArray[np.float32], centres: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The nearest centre of each point (n,), the first of equally near ones, and its squared distance (n,)."""
    half = np.einsum("cd,cd->c", centres, centres) / 2
    index, distance = np.empty(len(points), dtype=np.intp), np.empty(len(points))
    rows = max(1, BLOCK // len(centres))
    for first in range(0, len(points), rows):
        block = points[first : first + rows]
        closeness = block @ centres.T - half
        nearest = closeness.argmax(axis=1)
        index[first : first + rows] = nearest
        most = np.take_along_axis(closeness, nearest[:, np.newaxis], axis=1)[:, 0]
        distance[first : first + rows] = np.einsum("nd,nd->n", block, block) - 2 * most
    return index, np.maximum(distance, 0.0)


def _means(
    points: NDArray[np.float32],
    weights: NDArray[np.float64],
    assigned: NDArray[np.intp],
    centres: NDArray[np.float32],
) -> NDArray[np.float32]:
    """The weighted means of the clusters; a cluster that has lost all its points keeps its centre."""
    order = np.argsort(assigned, kind="stable")
    present, starts = np.unique(assigned[order], return_index=True)
    sums = np.add.reduceat(points[order] * weights[order, np.newaxis], starts, axis=0)
    moved: NDArray[np.float32] = centres.copy()
    moved[present] = sums / np.add.reduceat(weights[order], starts)[:, np.newaxis]
    return moved
