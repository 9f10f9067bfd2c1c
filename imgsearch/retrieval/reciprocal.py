"""Re-ranking by k-reciprocal neighbours: two pictures that are near each other's near pictures belong together.

Zhong, Zheng, Cao and Li, "Re-ranking Person Re-identification with k-reciprocal Encoding", 2017.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RERANKED = 100
"""How much of a ranking's top is ordered anew."""
K1 = 20
"""Neighbours among which reciprocal ones are looked for."""
K2 = 6
"""Nearest pictures over which neighbourhoods are averaged."""
ORIGINAL = 0.3
"""Share of the original distance in the new one (the paper's λ)."""


def reciprocal_distances(
    query: NDArray[np.float32], candidates: NDArray[np.float32], k1: int = K1, k2: int = K2, original: float = ORIGINAL
) -> NDArray[np.float64]:
    """The distance (n,) of each candidate (n, d) to the query (d,), unit vectors all; the lower, the nearer.

    The Jaccard distance of their neighbourhoods, mixed with the cosine distance. Neighbours are looked for among the
    query and the candidates alone, so these should be the top of a ranking, some tens of pictures or more.
    """
    everything = np.vstack([query[None], candidates]).astype(np.float64)
    distances = 1.0 - everything @ everything.T
    np.fill_diagonal(distances, -1.0)  # each is nearest to itself, its copies come next
    order = np.argsort(distances, axis=1, kind="stable")
    np.fill_diagonal(distances, 0.0)

    wide, narrow = _reciprocal(order, k1), _reciprocal(order, -(-k1 // 2))
    weights = np.where(_extended(wide, narrow), np.exp(-distances), 0.0)
    weights = weights[order[:, :k2]].mean(axis=1)

    shared = np.minimum(weights[0], weights).sum(axis=1)
    jaccard = 1.0 - shared / np.maximum(weights[0], weights).sum(axis=1)
    mixed: NDArray[np.float64] = (1.0 - original) * jaccard + original * distances[0]
    return mixed[1:]


def _reciprocal(order: NDArray[np.int64], k: int) -> NDArray[np.bool_]:
    """(n, n): which pictures are among each other's `k` nearest; each is its own neighbour as well."""
    near = np.zeros(order.shape, dtype=np.bool_)
    np.put_along_axis(near, order[:, : k + 1], values=True, axis=1)
    return np.asarray(near & near.T)


def _extended(wide: NDArray[np.bool_], narrow: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n, n): each picture's reciprocal neighbours, and theirs, where two thirds of these are its own already."""
    shared = wide.astype(np.int64) @ narrow.T.astype(np.int64)  # (p, q): of q's narrow neighbours those that p has
    joins = wide & (3 * shared >= 2 * narrow.sum(axis=1))
    return np.asarray(wide | (joins.astype(np.int64) @ narrow.astype(np.int64) > 0))
