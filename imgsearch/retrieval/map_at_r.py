"""MAP@R: R-precision that also rewards hits for coming first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.average_precision import precision_at_hits
from imgsearch.retrieval.ranking import Ranking


def map_at_r(ranking: Ranking) -> NDArray[np.float64]:
    """MAP@R (q,) = (1/R)·Σ_{i≤R} P(i)·rel(i), expected over the orders of ties (Musgrave et al. 2020)."""
    places = np.clip(ranking.relevant[ranking.query] - ranking.start, 0, ranking.size)
    return ranking.added(precision_at_hits(ranking, places)) / ranking.relevant
