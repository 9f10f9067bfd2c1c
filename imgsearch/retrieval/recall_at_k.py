"""Recall@K as metric learning uses the word: does any of the first K answers belong to the query's class?

Re-identification calls the same figure CMC at rank K.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.ranking import Ranking


def recall_at_k(ranking: Ranking, k: int) -> NDArray[np.float64]:
    """The probability (q,), over the orders of ties, of a hit among the first `k` answers (Jégou et al., TPAMI 2011).

    No hit lies above a query's first group of g pictures, h of them hits; with m = K − start places left for it, a miss
    has the hypergeometric probability C(g−h, m) / C(g, m). A gallery smaller than K is returned whole.
    """
    first = np.flatnonzero(ranking.hits_before == 0)
    size, hits = ranking.size[first], ranking.hits[first]
    places = np.clip(k - ranking.start[first], 0, size)
    missed = np.ones(len(first))
    for drawn in range(int(places.max(initial=0))):
        left = np.maximum(size - drawn, 1)
        missed *= np.where(drawn < places, np.maximum(size - hits - drawn, 0) / left, 1.0)
    return np.asarray(1.0 - missed)
