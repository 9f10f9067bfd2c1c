"""Average precision, the field's mAP when it is averaged over queries: precision at every hit of the whole ranking."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.ranking import Ranking


def average_precision(ranking: Ranking) -> NDArray[np.float64]:
    """AP (q,) = (1/R)·Σ_i P(i)·rel(i) over the whole ranking, expected over the orders of ties; not the trapezoid form.

    Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 2008, section 8.4.
    """
    return ranking.added(precision_at_hits(ranking, ranking.size)) / ranking.relevant


def precision_at_hits(ranking: Ranking, places: NDArray[np.int64]) -> NDArray[np.float64]:
    """The expected Σ P(i)·rel(i) over the first `places` (g,) of each group, none to all of it.

    At position i of a group of g pictures with h hits, `start` pictures and `hits_before` hits above it,
    E[rel(i)·hits among the first i] = (h/g)·(hits_before + 1 + (i−start−1)·(h−1)/(g−1)): given a hit at i, each of the
    i−start−1 places before it in the group holds one of the other h−1 hits with probability (h−1)/(g−1). Divided by i
    and summed over i, that is a line in i and a difference of harmonic numbers.
    """
    start, size = ranking.start, ranking.size
    slope = (ranking.hits - 1) / np.maximum(size - 1, 1)
    level = ranking.hits_before + 1 - (start + 1) * slope
    harmonic = _harmonic_numbers(int((start + size).max(initial=0)))
    several = level * (harmonic[start + places] - harmonic[start]) + places * slope
    first = (ranking.hits_before + 1) / (start + 1)  # exact, where the difference above would round
    expected: NDArray[np.float64] = ranking.hits / size * np.where(places == 1, first, several)
    return expected


def _harmonic_numbers(count: int) -> NDArray[np.float64]:
    """1 + 1/2 + … + 1/i for i from 0 to `count`."""
    return np.concatenate([[0.0], np.cumsum(1 / np.arange(1, count + 1))])
