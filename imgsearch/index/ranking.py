"""From candidates to ranks: the last word on similarity and order, the same whoever found the candidates.

A matrix product in float32 gives the same row another last digit at another place of the matrix, on another number of
threads, in a batch of another size. So a candidate's similarity is computed again, alone and in float64, and rounded to
the six decimals that float32 embeddings carry; equal similarities are ordered by slot. Identical pictures then have
identical similarities and a fixed order, by the scan as by the graph.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DECIMALS = 6
_AT_ONCE = 4096

Ranking = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Slots (k,) and their similarities (k,), most similar first."""


def rank(query: NDArray[np.float32], rows: NDArray[np.float32], candidates: NDArray[np.int64], k: int) -> Ranking:
    """The best `k` of the candidates (slots, each once): query (d,), rows (n, d)."""
    similarities = np.empty(len(candidates))
    wide = query.astype(np.float64)
    for start in range(0, len(candidates), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        similarities[part] = (rows[candidates[part]] * wide).sum(axis=1)
    # An encoder's rows are of length 1 but for some 10⁻⁷, and nothing is more like a picture than itself.
    similarities = np.clip(np.round(similarities, DECIMALS), -1.0, 1.0) + 0.0  # no -0.0
    order = np.lexsort((candidates, -similarities))[:k]
    return candidates[order], similarities[order]


def margin(dimension: int) -> float:
    """How far two float32 dot products of unit vectors may be wrong together, and rounding on top.

    Whoever cuts candidates at the k-th best by float32 keeps those within this margin of it for `rank` to decide.
    """
    return 2 * dimension * float(np.finfo(np.float32).eps) + 2 * 10.0**-DECIMALS
