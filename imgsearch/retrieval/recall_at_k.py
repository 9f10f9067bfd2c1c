"""Recall@K as metric learning uses the word: does any of the first K answers belong to the query's class?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.ranking import Ranking


def recall_at_k(ranking: Ranking, k: int) -> NDArray[np.float64]:
    """The probability (q,), over the orders of ties, of a hit among the first `k` answers (Jégou et al., TPAMI 2011).

    With m = K − start places left for the g pictures of the group at K, h of them hits, and no hit above, a miss has
    the hypergeometric probability C(g−h, m) / C(g, m). A gallery smaller than K is returned whole.
    """
    column = min(k, ranking.start.shape[1]) - 1
    places = column + 1 - ranking.start[:, column]
    size, hits = ranking.size[:, column], ranking.hits[:, column]
    missed = np.ones(len(places))
    for drawn in range(column + 1):
        left = np.maximum(size - drawn, 1)
        missed *= np.where(drawn < places, np.maximum(size - hits - drawn, 0) / left, 1.0)
    return np.where(ranking.hits_before[:, column] > 0, 1.0, 1.0 - missed)
