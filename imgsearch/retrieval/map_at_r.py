"""MAP@R: R-precision that also rewards hits for coming first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.ranking import Ranking


def map_at_r(ranking: Ranking) -> NDArray[np.float64]:
    """MAP@R (q,) = (1/R)·Σ_{i≤R} P(i)·rel(i), expected over the orders of ties (Musgrave et al. 2020).

    At position i of a group of g pictures with h hits, `start` pictures and `hits_before` hits above it,
    E[rel(i)·hits among the first i] = (h/g)·(hits_before + 1 + (i−start−1)·(h−1)/(g−1)): given a hit at i, each of the
    i−start−1 places before it in the group holds one of the other h−1 hits with probability (h−1)/(g−1).
    """
    size, hits = ranking.size, ranking.hits
    position = np.arange(1, size.shape[1] + 1)
    others = (position - ranking.start - 1) * (hits - 1) / np.maximum(size - 1, 1)
    gain = hits / size * (ranking.hits_before + 1 + others) / position
    # A running sum adds in one order whatever the depth; np.sum would differ in the last bit between depths.
    at_r = (np.arange(len(ranking.relevant)), ranking.relevant - 1)
    return np.cumsum(gain, axis=1)[at_r] / ranking.relevant
