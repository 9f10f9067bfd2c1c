"""K-means within each class (Lloyd 1982; seeds by Arthur & Vassilvitskii 2007, "k-means++"), always the same for the
same rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

ROUNDS = 20
"""Most rounds of Lloyd's algorithm."""

Rows = npt.NDArray[np.floating[Any]]
Numbers = npt.NDArray[np.int64]


class Clusters(NamedTuple):
    """Centres (k, d), and the numbers of the rows of each, none of which is empty."""

    centres: Rows
    members: list[Numbers]


def clusters_of_classes(rows: Rows, labels: Numbers, count: int) -> list[Clusters]:
    """Clusters of the rows (N, d) of each class 0, 1, … up to the greatest of labels (N,), at most `count` a class.

    A class without rows has no clusters; `members` are numbers of rows of the whole.
    """
    members = np.split(np.argsort(labels, kind="stable"), np.cumsum(np.bincount(labels))[:-1])
    found = []
    for numbers in members:
        centres, which = k_means(rows[numbers], count)
        found.append(Clusters(centres, [numbers[which == one] for one in range(len(centres))]))
    return found


def k_means(rows: Rows, count: int) -> tuple[Rows, Numbers]:
    """At most `count` centres (k, d), fewer where fewer rows differ, and the nearest one of each row (n,)."""
    centres = _seeds(rows, count)
    if not len(centres):
        return centres, np.zeros(0, dtype=np.int64)
    which = _squares(rows, centres).argmin(axis=1)
    for _ in range(ROUNDS):
        # A centre that lost all its rows goes.
        centres = np.stack([rows[which == one].mean(axis=0) for one in np.unique(which)])
        before, which = which, _squares(rows, centres).argmin(axis=1)
        if np.array_equal(before, which):
            break
    kept, which = np.unique(which, return_inverse=True)
    return centres[kept], which


def _seeds(rows: Rows, count: int) -> Rows:
    generator = np.random.default_rng(0)
    chosen: list[int] = []
    left = np.ones(len(rows))
    while len(chosen) < count and left.sum() > 0:
        chosen.append(int(generator.choice(len(rows), p=left / left.sum())))
        left = _squares(rows, rows[chosen]).min(axis=1).astype(np.float64)
    return rows[chosen]


def _squares(rows: Rows, centres: Rows) -> Rows:
    # By differences, since duplicates must be exactly 0 apart.
    return np.stack([np.square(rows - centre).sum(axis=1) for centre in centres], axis=1)
