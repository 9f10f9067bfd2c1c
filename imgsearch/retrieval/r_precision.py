"""R-precision: the fraction of hits among the first R answers, R being how many there are to be found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.ranking import Ranking


def r_precision(ranking: Ranking) -> NDArray[np.float64]:
    """The R-precision (q,), expected over the orders of ties (Musgrave et al., A metric learning reality check, 2020).

    Hits above the group at R, plus the group's places within R times its proportion of hits; all divided by R.
    """
    places = np.clip(ranking.relevant[ranking.query] - ranking.start, 0, ranking.size)
    return ranking.added(places * ranking.hits / ranking.size) / ranking.relevant
