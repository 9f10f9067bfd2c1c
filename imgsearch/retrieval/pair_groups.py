"""Pairs of pictures by what takes part in them: of which classes, or pictures where classes are not known.

Of more than `GROUPS` such units, groups of them are counted together. Similarities are in steps of 2⁻¹² here, so that
there is room for a table of each group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.canonical import canonical_classes, canonical_order
from imgsearch.retrieval.exact import SIMILARITY_STEPS, exact_rows, levels
from imgsearch.retrieval.labelled import check_normalised, checked
from imgsearch.retrieval.pair_counts import REACH, PairCounts, empty_table, pair_blocks

GROUPS = 200
_COARSER = 8  # bits
_LEVELS = 2 * REACH >> _COARSER


@dataclass(frozen=True, eq=False)
class PairGroups:
    """Pairs at each of m similarities, the highest first: all of them, and those of each of g groups."""

    pairs: PairCounts
    """(m,)"""
    genuine: NDArray[np.int64]
    """(g, m): genuine pairs that the group takes part in."""
    impostor: NDArray[np.int64]
    """(g, m): impostors that the group takes part in."""

    def without(self, group: int) -> PairCounts:
        """All pairs that a group takes no part in."""
        genuine = self.pairs.genuine - self.genuine[group]
        return PairCounts(self.pairs.similarity, genuine, self.pairs.impostor - self.impostor[group])


def all_pair_groups(
    embeddings: NDArray[np.floating], labels: NDArray[np.integer], seed: int = 0
) -> tuple[PairCounts, PairGroups]:
    """What `all_pairs` counts, and the same by class, which of many classes are together depending on the seed.

    Takes embeddings (n, d), L2-normalised or zero, and labels (n,), any integers. Raises as `all_pairs` does.
    """
    classes = checked(embeddings, labels)
    check_normalised(embeddings)
    members = canonical_classes(classes, canonical_order(embeddings)[1])
    group = np.empty(len(classes), dtype=np.int64)
    for rows, number in zip(members, _dealt(len(members), seed), strict=True):
        group[rows] = number
    tables = _Tables(int(group.max()) + 1)
    for first, level, later in pair_blocks(exact_rows(embeddings)):
        height = len(level)
        row, column = (first + places for places in np.nonzero(later[:, :height]))
        tables.add(level[row - first, column - first], classes[row] == classes[column], group[row], group[column])
        tables.add_block(
            level[:, height:],
            (classes[first : first + height], classes[first + height :]),
            (group[first : first + height], group[first + height :]),
        )
    return tables.pairs(), tables.groups()


def given_pair_groups(
    similarities: NDArray[np.floating], same: NDArray[np.bool_], units: NDArray[np.integer], seed: int = 0
) -> tuple[PairCounts, PairGroups]:
    """What `PairCounts.of_pairs` counts, and the same by the two units (p, 2), any integers, of each pair (p,).

    Units are the classes of the two pictures or, where these are not known, the pictures. Raises as `of_pairs` does.
    """
    pairs = PairCounts.of_pairs(similarities, same)
    numbers = np.unique(units, return_inverse=True)[1].reshape(units.shape)
    group = _dealt(int(numbers.max()) + 1, seed)[numbers]
    tables = _Tables(int(group.max()) + 1)
    tables.add(levels(similarities.astype(np.float64)) + REACH, same, group[:, 0], group[:, 1])
    return pairs, tables.groups()


def _dealt(units: int, seed: int) -> NDArray[np.int64]:
    """The group of each unit (u,); of few units each is its own."""
    return np.asarray(np.random.default_rng(seed).permutation(units) % GROUPS)


class _Tables:
    """Counts while they are made: of all pairs and of genuine ones, at each level, and at each coarser one by group."""

    def __init__(self, groups: int) -> None:
        self.total, self.genuine = empty_table(), empty_table()
        self.total_of, self.genuine_of = (np.zeros(groups * _LEVELS, dtype=np.int64) for _ in range(2))

    def add(
        self, level: NDArray[np.int64], same: NDArray[np.bool_], one: NDArray[np.int64], other: NDArray[np.int64]
    ) -> None:
        """Pairs (p,): level + REACH, whether genuine, and the groups of the two."""
        np.add.at(self.total, level, 1)
        self._add_by_group(self.total_of, level, one, other)
        self._add_genuine(level[same], one[same], other[same])

    def add_block(
        self,
        level: NDArray[np.int64],
        classes: tuple[NDArray[np.intp], NDArray[np.intp]],
        groups: tuple[NDArray[np.int64], NDArray[np.int64]],
    ) -> None:
        """All pairs (r, c) of some pictures with others, of classes and groups (r,) and (c,): the same, but faster."""
        np.add.at(self.total, level.ravel(), 1)
        coarse = level >> _COARSER
        for numbers in (groups[0][:, np.newaxis], groups[1]):
            np.add.at(self.total_of, (coarse + numbers * _LEVELS).ravel(), 1)
        row, column = np.divmod(np.flatnonzero((groups[0][:, np.newaxis] == groups[1]).ravel()), level.shape[1])
        np.subtract.at(self.total_of, coarse[row, column] + groups[0][row] * _LEVELS, 1)  # there once, not twice
        same = classes[0][row] == classes[1][column]  # pictures of one class are in one group
        row, column = row[same], column[same]
        self._add_genuine(level[row, column], groups[0][row], groups[1][column])

    def _add_genuine(self, level: NDArray[np.int64], one: NDArray[np.int64], other: NDArray[np.int64]) -> None:
        np.add.at(self.genuine, level, 1)
        self._add_by_group(self.genuine_of, level, one, other)

    @staticmethod
    def _add_by_group(
        table: NDArray[np.int64], level: NDArray[np.int64], one: NDArray[np.int64], other: NDArray[np.int64]
    ) -> None:
        coarse, two = level >> _COARSER, one != other
        np.add.at(table, coarse + one * _LEVELS, 1)
        np.add.at(table, (coarse + other * _LEVELS)[two], 1)

    def pairs(self) -> PairCounts:
        """All pairs. UserError unless there are both kinds."""
        return PairCounts.of_tables(self.total, self.genuine)

    def groups(self) -> PairGroups:
        """The same by group."""
        total, genuine = (table.reshape(_LEVELS, -1).sum(axis=1) for table in (self.total, self.genuine))
        found = np.flatnonzero(total)[::-1]
        total_of, genuine_of = (table.reshape(-1, _LEVELS)[:, found] for table in (self.total_of, self.genuine_of))
        similarity = ((found << _COARSER) - REACH) / SIMILARITY_STEPS
        whole = PairCounts(similarity, genuine[found], (total - genuine)[found])
        return PairGroups(whole, genuine_of, total_of - genuine_of)
