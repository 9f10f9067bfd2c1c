"""Pairs of pictures that are said to be the same or different: supervision where there are no class labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError


@dataclass(frozen=True, eq=False)
class Pairs:
    """Rows of an embedding matrix, two by two; ValueError where the lengths differ."""

    first: NDArray[np.intp]
    """(p,) rows."""
    second: NDArray[np.intp]
    """(p,) rows, none the same as in `first`."""
    same: NDArray[np.bool_]
    """(p,) whether the two show the same."""

    def __post_init__(self) -> None:
        if not len(self.first) == len(self.second) == len(self.same):
            raise ValueError(f"{len(self.first)}, {len(self.second)} and {len(self.same)} entries")

    def differences(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(p, d): the first less the second of each pair, of points (n, d)."""
        difference: NDArray[np.float64] = points[self.first] - points[self.second]
        return difference


def check_pairs(embeddings: NDArray[np.floating], pairs: Pairs) -> None:
    """UserError where an embedding (n, d) is not finite, or a pair names a row that there is not, joins a row with
    itself, or is marked both as same and as different; the message has the rows. TypeError for wrong dimensions."""
    if embeddings.ndim != 2:
        raise TypeError(f"embeddings must be a matrix (n, d), not {embeddings.ndim}-d")
    broken = np.flatnonzero(~np.isfinite(embeddings).all(axis=1))
    if len(broken):
        raise UserError(f"embedding {broken[0]} (counted from 0) is not finite: embed its picture again")
    low, high = np.minimum(pairs.first, pairs.second), np.maximum(pairs.first, pairs.second)
    outside = np.flatnonzero((low < 0) | (high >= len(embeddings)))
    if len(outside):
        raise UserError(f"{_named(pairs, outside[0])}, but there are {len(embeddings)} embeddings: correct the pair")
    itself = np.flatnonzero(low == high)
    if len(itself):
        raise UserError(f"{_named(pairs, itself[0])}, a picture and itself: remove the pair")
    which = np.unique(low * len(embeddings) + high, return_inverse=True)[1]
    both = np.bincount(which[pairs.same], minlength=which.size) * np.bincount(which[~pairs.same], minlength=which.size)
    contradictory = np.flatnonzero(both[which])
    if len(contradictory):
        raise UserError(f"{_named(pairs, contradictory[0])} both as same and as different: remove one of the two")


def _named(pairs: Pairs, which: np.intp) -> str:
    return f"a pair joins rows {pairs.first[which]} and {pairs.second[which]} (counted from 0)"


def class_pairs(classes: NDArray[np.intp], limit: int, seed: int) -> Pairs:
    """All pairs of one class and all of two, for classes (n,); of each kind that has more, `limit` drawn by `seed`.

    No pair comes twice, and every one is equally likely. A draw depends on the order of the pictures.
    """
    rng = np.random.default_rng(seed)
    order = np.argsort(classes, kind="stable")
    ends = np.searchsorted(classes[order], classes[order], side="right")  # where the picture's class ends
    same = _drawn(np.arange(len(order)) + 1, ends, limit, rng)
    different = _drawn(ends, np.full(len(order), len(order)), limit, rng)
    first, second = (order[np.concatenate(both)] for both in zip(same, different, strict=True))
    return Pairs(first, second, np.arange(len(first)) < len(same[0]))


def any_pairs(count: int, limit: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows (p,) and (p,) of all pairs among `count` pictures, or of `limit` drawn by `seed` where there are more."""
    rows = np.arange(count)
    return _drawn(rows + 1, np.full(count, count), limit, np.random.default_rng(seed))


def _drawn(
    begins: NDArray[np.intp], ends: NDArray[np.intp], limit: int, rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs (a, b) with begins[a] ≤ b < ends[a], counted through rather than listed: there can be billions."""
    stops: NDArray[np.intp] = np.cumsum(ends - begins)
    total = int(stops[-1]) if len(stops) else 0
    numbers = np.arange(total) if total <= limit else np.sort(rng.choice(total, limit, replace=False, shuffle=False))
    first = np.searchsorted(stops, numbers, side="right")
    second: NDArray[np.intp] = ends[first] - (stops[first] - numbers)
    return first, second
