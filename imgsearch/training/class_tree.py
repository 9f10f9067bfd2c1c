"""The tree of classes of hierarchical triplet loss (Ge et al. 2018)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]

FARTHEST = 4.0
"""The greatest squared distance of two unit rows."""


class ClassTree(NamedTuple):
    """Which classes merge where.

    A level's nodes are the connected components of the classes with the links d(p,q) < d_l, so that the levels nest.
    """

    spreads: Array
    """s_c (C,): mean squared distance of two different pictures of a class; 0 for a class of fewer than two."""
    distances: Array
    """d(p,q) (C, C): mean squared distance of a picture of p to one of q; 4 to a class without pictures."""
    thresholds: Array
    """d_0 … d_L (L + 1,)."""
    levels: npt.NDArray[np.uint8]
    """H (C, C): the first level at which two classes are in one node, L at the latest; 0 on the diagonal."""

    def nearest(self, number: int) -> npt.NDArray[np.int64]:
        """The other classes (C − 1,), by the level of their merging with class `number`, then by distance."""
        order: npt.NDArray[np.int64] = np.lexsort((self.distances[number], self.levels[number]))
        others: npt.NDArray[np.int64] = order[order != number]
        return others


def build(embeddings: Array, labels: npt.NDArray[np.int64], classes: int, levels: int = 16) -> ClassTree:
    """The tree of unit rows (N, d) with labels (N,) in [0, classes)."""
    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    sums = np.zeros((classes, embeddings.shape[1]))
    np.add.at(sums, labels, embeddings)
    squares = np.bincount(labels, np.square(embeddings, dtype=np.float64).sum(axis=1), classes)

    # Both means over pairs follow from sums over pictures: Σ‖x−y‖² = Σ‖x‖² + Σ‖y‖² − 2·ΣxΣy.
    spreads = (2 * counts * squares - 2 * np.square(sums).sum(axis=1)) / np.maximum(counts * (counts - 1), 1)
    spreads = np.where(counts > 1, spreads.clip(min=0.0), 0.0)
    mean_squares, means = squares / np.maximum(counts, 1), sums / np.maximum(counts, 1)[:, None]
    distances = np.asarray(-2 * means @ means.T)
    distances += mean_squares[:, None]
    distances += mean_squares[None, :]
    distances.clip(0.0, FARTHEST, out=distances)
    distances[counts == 0] = distances[:, counts == 0] = FARTHEST

    several = counts > 1
    lowest = min(float(spreads[several].mean()), FARTHEST) if several.any() else 0.0
    thresholds = np.arange(levels + 1) * (FARTHEST - lowest) / levels + lowest
    links = np.zeros(distances.shape, dtype=np.uint8)
    for threshold in thresholds[:-1]:
        links += distances >= threshold
    return ClassTree(spreads, distances, thresholds, _merged(links))


def _merged(links: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The first level (C, C) at which two classes are connected, of the levels (C, C) of their direct links."""
    # Prim's algorithm: the class with the lowest link to those that are in comes next. Two classes are connected at the
    # highest level at which one came in after the earlier of them, up to the later.
    count = len(links)
    order, came = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.uint8)
    outside = np.arange(count) > 0
    lowest = links[0].copy()
    for turn in range(1, count):
        joining = int(np.where(outside, lowest, np.uint8(255)).argmin())
        order[turn], came[turn] = joining, lowest[joining]
        outside[joining] = False
        np.minimum(lowest, links[joining], out=lowest)
    in_turn = np.zeros_like(links)
    for turn in range(count - 1):
        in_turn[turn, turn + 1 :] = np.maximum.accumulate(came[turn + 1 :])
    turns = order.argsort()
    merged: npt.NDArray[np.uint8] = np.maximum(in_turn, in_turn.T)[np.ix_(turns, turns)]
    return merged
