"""Rankings of a gallery by queries, with equal similarities kept together as tie groups.

No metric looks at misses for themselves, so that a ranking, however long, is told by where its hits stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.exact import BLOCK, SIMILARITY_STEPS, exact_rows
from imgsearch.retrieval.reciprocal import RERANKED, reciprocal_distances
from imgsearch.retrieval.relevance import Relevance

_ABOVE = 4.0  # above all similarities, by more than a distance may be
LEFT_OUT = np.iinfo(np.int32).max - 1  # sorts behind every answer; even, so no hit


@dataclass(frozen=True, eq=False)
class Ranking:
    """Where the hits of q queries stand: the g tie groups that hold any, query after query, a query's best first."""

    query: NDArray[np.intp]
    """(g,): whose group it is, from 0 to q − 1; each has one at least."""
    start: NDArray[np.int64]
    """(g,): answers ranked above the group."""
    size: NDArray[np.int64]
    """(g,): answers in the group."""
    hits: NDArray[np.int64]
    """(g,): hits in the group, 1 at least."""
    hits_before: NDArray[np.int64]
    """(g,): hits ranked above the group."""
    relevant: NDArray[np.int64]
    """(q,): R, hits in the whole ranking."""

    def added(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values (g,) of the groups, added up for each query (q,), from the best group on."""
        return np.bincount(self.query, values, len(self.relevant)).astype(np.float64)


def all_tied(relevant: NDArray[np.int64], answers: NDArray[np.int64]) -> Ranking:
    """The ranking of queries that find all their answers (q,), `relevant` (q,) of them hits, equally similar."""
    none = np.zeros_like(relevant)
    return Ranking(np.arange(len(relevant)), none, answers, relevant, none, relevant)


def sortable_blocks(
    queries: NDArray[np.floating],
    gallery: NDArray[np.floating],
    relevance: Relevance,
    rows: NDArray[np.intp],
    *,
    rerank: bool = False,
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.int32]]]:
    """Some rows (m,) of the queries (q, d), block by block (b,), with their answers from a gallery (n, d).

    The answers are integers 2·key + hit (b, n) that ascend with the ranking, so that no index has to be sorted along
    with a key; what is left out of them is `LEFT_OUT`. Takes rows of length 1 or 0. With `rerank`, the first `RERANKED`
    answers are ordered by `reciprocal_distances`.
    """
    columns = exact_rows(gallery)
    asked = columns if queries is gallery else exact_rows(queries)
    height = max(1, BLOCK // len(gallery))
    for first in range(0, len(rows), height):
        block = rows[first : first + height]
        similarities = asked[block] @ columns.T
        if rerank:
            _rerank(similarities, asked[block], columns, _left_out(relevance, block))
        similarities *= -SIMILARITY_STEPS
        sortable: NDArray[np.int32] = np.rint(similarities, out=similarities).astype(np.int32)
        sortable *= 2
        relevance.mark(sortable, block, LEFT_OUT)
        yield block, sortable


def _left_out(relevance: Relevance, block: NDArray[np.intp]) -> NDArray[np.bool_]:
    marks = np.zeros((len(block), len(relevance.gallery)), dtype=np.int32)
    relevance.mark(marks, block, LEFT_OUT)
    return np.asarray(marks == LEFT_OUT)


def _rerank(
    similarities: NDArray[np.float64],
    asked: NDArray[np.float64],
    gallery: NDArray[np.float64],
    left_out: NDArray[np.bool_],
) -> None:
    """Lift the first of each row of similarities (b, n) above all others, in their new order."""
    for line, vector, absent in zip(similarities, asked, left_out, strict=True):
        line[absent] = -np.inf
        first = np.argsort(-line, kind="stable")[: min(RERANKED, len(line) - int(absent.sum()))]
        distances = reciprocal_distances(vector.astype(np.float32), gallery[first].astype(np.float32))
        line[absent] = 0.0
        line[first] = _ABOVE - distances


def ranking(sortable: NDArray[np.int32], relevant: NDArray[np.int64]) -> Ranking:
    """Of answers (b, n) from `sortable_blocks`, which it sorts, and how many of them are hits (b,), 1 at least."""
    sortable.sort(axis=1)  # within a tie group the hits come last, side by side
    width = sortable.shape[1]
    flat = sortable.ravel()
    places = np.flatnonzero((flat & 1).astype(np.bool_))  # of truth values it is faster than of numbers
    row, value = places // width, flat[places]
    opens = np.ones(len(places), dtype=np.bool_)
    opens[1:] = (value[1:] != value[:-1]) | (row[1:] != row[:-1])
    first = np.flatnonzero(opens)
    hits = np.diff(first, append=len(places))
    query, begins = row[first], places[first]
    ends = begins + hits
    misses = value[first] - 1
    shared = np.flatnonzero((begins > query * width) & (flat[begins - 1] == misses))
    begins[shared] = _leftmost(flat, misses[shared], query[shared] * width, begins[shared])
    earlier = np.cumsum(relevant) - relevant  # hits of the queries before
    return Ranking(query, begins - query * width, ends - begins, hits, first - earlier[query], relevant)


def _leftmost(
    flat: NDArray[np.int32], wanted: NDArray[np.int32], low: NDArray[np.intp], high: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The first place from `low` on that holds `wanted`, by bisection; `high` is behind one that does."""
    while (low < high).any():
        middle = (low + high) // 2
        below = flat[middle] < wanted
        low, high = np.where(below, middle + 1, low), np.where(below, high, middle)
    return low
