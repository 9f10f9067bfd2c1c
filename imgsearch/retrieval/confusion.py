"""Which classes are taken for each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.nearest import NearestClasses
from imgsearch.retrieval.relevance import Relevance


@dataclass(frozen=True)
class Confusion:
    """Two classes, one of which has queries whose nearest answer is of the other."""

    one: int
    other: int
    """Classes, numbered as in the relevance that the answers were found with; `one` is the lower number."""
    mistaken: float
    """Queries of either class whose nearest answer is of the other, ties counted by their expectation."""
    share: float
    """Of the queries of both."""


def confusions(nearest: NearestClasses, relevance: Relevance) -> list[Confusion]:
    """All pairs of classes that are taken for each other, the most mistaken first; equal ones by share, then number."""
    own = relevance.queries[nearest.query].astype(np.int64)
    wrong = (nearest.found != own) & (nearest.found >= 0)
    several = int(max(relevance.queries.max(initial=0), relevance.gallery.max(initial=0))) + 1
    low, high = np.minimum(own, nearest.found)[wrong], np.maximum(own, nearest.found)[wrong]
    pairs, index = np.unique(low * several + high, return_inverse=True)
    mistaken = np.bincount(index, nearest.share[wrong], len(pairs))
    queries = np.bincount(relevance.queries[np.unique(nearest.query)], minlength=several)
    one, other = pairs // several, pairs % several
    share = mistaken / np.maximum(queries[one] + queries[other], 1)
    order = np.lexsort((other, one, -share.round(9), -mistaken.round(9)))
    return [Confusion(int(one[i]), int(other[i]), float(mistaken[i]), float(share[i])) for i in order]


def best_and_worst(scores: NDArray[np.float64], count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The places of the `count` highest scores (q,), highest first, and of the lowest, lowest first; ties in order."""
    rounded = scores.round(9)
    return np.argsort(-rounded, kind="stable")[:count], np.argsort(rounded, kind="stable")[:count]
