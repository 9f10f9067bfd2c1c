"""How similar pairs of pictures are, same class (genuine) and different ones (impostors): all of them, by counting.

Similarities come in steps of 2⁻²⁰ (see `imgsearch.retrieval.exact`), so that a table holds the two hundred million
pairs of 20,000 pictures without a loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.retrieval.exact import BLOCK, SIMILARITY_STEPS, exact_rows, levels
from imgsearch.retrieval.labelled import check_normalised, checked

REACH = 17 << 16
"""Levels either side of 0; rows may be a little longer than 1."""


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Pairs at each of m similarities that occur, the highest first."""

    similarity: NDArray[np.float64]
    """(m,)"""
    genuine: NDArray[np.int64]
    """(m,): pairs of one class."""
    impostor: NDArray[np.int64]
    """(m,): pairs of two classes."""

    @classmethod
    def of_pairs(cls, similarities: NDArray[np.floating], same: NDArray[np.bool_]) -> PairCounts:
        """Of given pairs (p,) and whether each is of one class (p,).

        Raises UserError unless there are pairs of both kinds and all similarities are finite; ValueError where lengths
        differ.
        """
        if similarities.shape != same.shape or similarities.ndim != 1:
            raise ValueError(f"{similarities.shape} similarities, but {same.shape} answers: give each pair one")
        if not np.isfinite(similarities).all():
            raise UserError("a pair's similarity is not finite: embed its pictures again")
        steps, level = np.unique(-levels(similarities.astype(np.float64)), return_inverse=True)
        genuine = np.bincount(level[same], minlength=len(steps))
        return cls._checked(-steps / SIMILARITY_STEPS, genuine, np.bincount(level, minlength=len(steps)) - genuine)

    @classmethod
    def of_tables(cls, total: NDArray[np.int64], genuine: NDArray[np.int64]) -> PairCounts:
        """Of all pairs and genuine ones at each level (2·`REACH`,). Raises UserError unless there are both kinds."""
        found = np.flatnonzero(total)[::-1]
        return cls._checked((found - REACH) / SIMILARITY_STEPS, genuine[found], total[found] - genuine[found])

    @classmethod
    def _checked(
        cls, similarity: NDArray[np.float64], genuine: NDArray[np.int64], impostor: NDArray[np.int64]
    ) -> PairCounts:
        if not genuine.any() or not impostor.any():
            raise UserError(
                f"{genuine.sum()} pairs of one class and {impostor.sum()} of two: verification takes both kinds"
            )
        return cls(similarity, genuine, impostor)


def all_pairs(embeddings: NDArray[np.floating], labels: NDArray[np.integer]) -> PairCounts:
    """Count all pairs of embeddings (n, d), L2-normalised or zero, with labels (n,), any integers.

    Raises UserError where lengths differ, a row is not finite or not normalised, or there are not both kinds of pairs.
    """
    classes = checked(embeddings, labels)
    check_normalised(embeddings)
    order = np.argsort(classes, kind="stable")  # a picture's genuine pairs then lie next to it
    ends = np.cumsum(np.bincount(classes))[classes[order]]
    total, genuine = empty_table(), empty_table()
    for first, level, later in pair_blocks(exact_rows(embeddings[order])):
        last = first + len(level)
        np.add.at(total, level[later], 1)
        near = int(ends[last - 1]) - first
        mine = later[:, :near] & (np.arange(near) < ends[first:last, np.newaxis] - first)
        np.add.at(genuine, level[:, :near][mine], 1)
    return PairCounts.of_tables(total, genuine)


def empty_table() -> NDArray[np.int64]:
    """No pairs at any of the levels that there can be, counted from −`REACH`."""
    return np.zeros(2 * REACH, dtype=np.int64)


def pair_blocks(rows: NDArray[np.float64]) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.bool_]]]:
    """All pairs of exact rows (n, d), block by block, each once.

    Yields the first row f of a block, the level + `REACH` of each of its rows with the rows from f on (b, n − f), and
    which of these are pairs of a row with a later one (b, n − f).
    """
    first = 0
    while first < len(rows):
        last = min(len(rows), first + max(1, 2 * BLOCK // (len(rows) - first)))
        level = levels(rows[first:last] @ rows[first:].T) + REACH
        yield first, level, np.arange(level.shape[1]) > np.arange(last - first)[:, np.newaxis]
        first = last


def pair_similarities(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """The cosine (p,) of each row of one (p, d) with the same row of the other, L2-normalised or zero; exact."""
    products: NDArray[np.float64] = np.einsum("pd,pd->p", exact_rows(one), exact_rows(other))
    return products
