"""The first answers of queries: which pictures they are, and of which classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.exact import SIMILARITY_STEPS
from imgsearch.retrieval.ranking import LEFT_OUT, sortable_blocks
from imgsearch.retrieval.relevance import Relevance


def first_answers(
    queries: NDArray[np.floating], gallery: NDArray[np.floating], relevance: Relevance, count: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The gallery's rows (q, count) that answer each query, best first, and their similarities (q, count).

    Takes queries (q, d) and a gallery (n, d), rows of length 1 or 0. Equally similar answers come in the order of rows;
    where there are fewer than `count`, −1 and NaN fill up.
    """
    everything = np.arange(len(queries))
    rows = np.full((len(queries), count), -1, dtype=np.intp)
    similarities = np.full((len(queries), count), np.nan)
    for block, sortable in sortable_blocks(queries, gallery, relevance, everything):
        keys = sortable >> 1
        order = np.argsort(keys, axis=1, kind="stable")[:, :count]
        nearest = np.take_along_axis(keys, order, axis=1)
        there = nearest < LEFT_OUT >> 1
        wide = order.shape[1]
        rows[block, :wide] = np.where(there, order, -1)
        similarities[block, :wide] = np.where(there, -nearest / SIMILARITY_STEPS, np.nan)
    return rows, similarities


@dataclass(frozen=True, eq=False)
class NearestClasses:
    """Of which classes the nearest answers are, in expectation over the orders of ties: m entries."""

    query: NDArray[np.intp]
    """(m,): a row of the queries, ascending."""
    found: NDArray[np.intp]
    """(m,): a class of the gallery, −1 for pictures that are nobody's hit."""
    share: NDArray[np.float64]
    """(m,): of the equally near answers, those of the class; the shares of a query add up to 1."""

    @classmethod
    def of_parts(cls, parts: Sequence[NearestClasses]) -> NearestClasses:
        """Of several blocks of queries."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("query", "found", "share")))


def nearest_classes(
    queries: NDArray[np.floating], gallery: NDArray[np.floating], relevance: Relevance
) -> NearestClasses:
    """The classes of the answers nearest to each query that has something to find; shapes as in `first_answers`."""
    findable = np.flatnonzero(relevance.counts()[0])
    blocks = sortable_blocks(queries, gallery, relevance, findable)
    return NearestClasses.of_parts([nearest_of(block, sortable, relevance) for block, sortable in blocks])


def nearest_of(block: NDArray[np.intp], sortable: NDArray[np.int32], relevance: Relevance) -> NearestClasses:
    """Of a block (b,) of queries with their answers (b, n) from `sortable_blocks`, not yet sorted."""
    several = int(relevance.gallery.max(initial=0)) + 2
    nearest = sortable.min(axis=1, keepdims=True) >> 1
    line, column = np.divmod(np.flatnonzero((sortable <= 2 * nearest + 1).ravel()), sortable.shape[1])
    found, times = np.unique(line * several + relevance.gallery[column].astype(np.intp) + 1, return_counts=True)
    line = found // several
    return NearestClasses(block[line], found % several - 1, times / np.bincount(line, times)[line])


def first_of(sortable: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The gallery's row (b,) of the nearest answer of each query, of equally near ones the first, and its similarity.

    Takes answers (b, n) from `sortable_blocks`, not yet sorted, one at least for each query.
    """
    keys = sortable >> 1
    first = keys.argmin(axis=1)
    return first, np.asarray(-keys[np.arange(len(keys)), first] / SIMILARITY_STEPS)
