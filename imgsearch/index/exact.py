"""Exact search: every row is compared, by matrix products over the memory map, block by block."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from imgsearch.index.ranking import Ranking, margin, rank

SIMILARITIES_AT_ONCE = 1 << 21
"""Bounds memory to 8 MiB of them, however many queries and rows."""

_BLOCK = 4096
"""Rows a product: few enough to stay in the cache until the best are picked, enough for the threads of the product."""

_MOSTLY_HOLES = 0.75
"""Share of holes from which on picking out the other rows is cheaper than comparing with all."""

_TIES = 4096
"""Candidates beyond k that are kept for the end, when all of them are ranked; more would fill the memory."""


def scan(
    queries: NDArray[np.float32],
    rows: NDArray[np.float32],
    k: int,
    holes: NDArray[np.int64] | None = None,
    at_once: int = SIMILARITIES_AT_ONCE,
    *,
    first: int = 0,
    release: Callable[[int, int], None] = lambda start, stop: None,
) -> list[Ranking]:
    """The `k` most similar rows of each query, best first, ties by slot: queries (q, d), rows (n, d), both unit length.

    Slots in `holes` (ascending) and those before `first` are no rows. Fewer than `k` come back where there are fewer
    rows; a row damaged to NaN drops out. Slots from one to another are `release`d once they were compared.
    """
    if k < 1:
        return [(np.empty(0, dtype=np.int64), np.empty(0))] * len(queries)
    holes = np.empty(0, dtype=np.int64) if holes is None else holes
    picked = np.delete(np.arange(len(rows)), holes) if len(holes) > _MOSTLY_HOLES * len(rows) else None
    block = min(_BLOCK, at_once)
    together = max(1, at_once // block)
    answers: list[Ranking] = []
    for number in range(0, len(queries), together):
        part = queries[number : number + together]
        nearest = [_Nearest(query, rows, k) for query in part]
        if picked is not None:  # a narrow filter: the others need not be read
            picked = picked[np.searchsorted(picked, first) :]
            for start in range(0, len(picked), block):
                slots = picked[start : start + block]
                _compare(part, rows[slots], slots, holes[:0], nearest)
                release(int(slots[0]), int(slots[-1]) + 1)
        else:
            for start in range(first, len(rows), block):
                stop = min(start + block, len(rows))
                dead = holes[slice(*np.searchsorted(holes, (start, stop)))] - start
                _compare(part, rows[start:stop], np.arange(start, stop), dead, nearest)
                release(start, stop)
        answers += [one.ranking() for one in nearest]
    return answers


class _Nearest:
    """The candidates of one query so far: all rows that may yet be among its `k` nearest."""

    def __init__(self, query: NDArray[np.float32], rows: NDArray[np.float32], k: int) -> None:
        self.lowest = float(np.finfo(np.float32).min)
        """Similarity of a candidate at least; above -inf, which stands for holes."""
        self._query, self._rows, self._k = query, rows, k
        self._slack = margin(rows.shape[1])
        self._slots = np.empty(0, dtype=np.int64)
        self._similarities = np.empty(0, dtype=np.float32)

    def add(self, slots: NDArray[np.int64], similarities: NDArray[np.float32]) -> None:
        self._slots = np.concatenate([self._slots, slots])
        self._similarities = np.concatenate([self._similarities, similarities])
        if (beyond := len(self._slots) - self._k) <= 0:
            return
        self.lowest = max(self.lowest, float(np.partition(self._similarities, beyond)[beyond]) - self._slack)
        kept = self._similarities >= self.lowest
        self._slots, self._similarities = self._slots[kept], self._similarities[kept]
        if len(self._slots) > self._k + _TIES:
            self._slots, exact = self.ranking()
            self._similarities = exact.astype(np.float32)

    def ranking(self) -> Ranking:
        return rank(self._query, self._rows, self._slots, self._k)


def _compare(
    queries: NDArray[np.float32],
    rows: NDArray[np.float32],
    slots: NDArray[np.int64],
    dead: NDArray[np.int64],
    nearest: list[_Nearest],
) -> None:
    """Add those of the rows (n, d) in these slots that are near enough, but for the `dead` among the n."""
    with np.errstate(invalid="ignore", over="ignore"):
        similarities = queries @ rows.T
    similarities[:, dead] = -np.inf
    near = similarities >= np.array([one.lowest for one in nearest], dtype=np.float32)[:, None]  # NaN never is
    for number in np.flatnonzero(near.any(axis=1)):
        places = np.flatnonzero(near[number])
        nearest[number].add(slots[places], similarities[number, places])
