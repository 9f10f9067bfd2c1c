"""Exact search: every row is compared, by matrix products over the memory map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.index.ranking import Ranking, margin, rank

SIMILARITIES_AT_ONCE = 1 << 24
"""Bounds memory to 64 MiB, or to one similarity a row where that is more."""

MOSTLY_HOLES = 0.75
"""Share of holes from which on copying the other rows is cheaper than comparing with all."""


def scan(
    queries: NDArray[np.float32],
    rows: NDArray[np.float32],
    k: int,
    holes: NDArray[np.int64] | None = None,
    at_once: int = SIMILARITIES_AT_ONCE,
) -> list[Ranking]:
    """The `k` most similar rows of each query, best first, ties by slot: queries (q, d), rows (n, d), both unit length.

    Slots in `holes`, each once, are no rows. Fewer than `k` come back where there are fewer rows; a row damaged to NaN
    drops out.
    """
    answers: list[Ranking] = []
    if k < 1:
        return [(np.empty(0, dtype=np.int64), np.empty(0))] * len(queries)
    if holes is not None and len(holes) > MOSTLY_HOLES * len(rows):  # a narrow filter: the others need not be read
        living = np.delete(np.arange(len(rows)), holes)
        return [(living[slots], found) for slots, found in scan(queries, rows[living], k, None, at_once)]
    together = max(1, at_once // max(1, len(rows)))
    for start in range(0, len(queries), together):
        part = queries[start : start + together]
        with np.errstate(invalid="ignore", over="ignore"):
            similarities = part @ rows.T
        np.fmax(similarities, -np.inf, out=similarities)  # NaN becomes -inf
        if holes is not None:
            similarities[:, holes] = -np.inf
        for query, line in zip(part, similarities, strict=True):
            answers.append(rank(query, rows, _candidates(line, k, margin(rows.shape[1])), k))
    return answers


def _candidates(similarities: NDArray[np.float32], k: int, slack: float) -> NDArray[np.int64]:
    lowest = float(np.finfo(np.float32).min)  # above -inf, which stands for holes
    if k < len(similarities):
        kth = float(np.partition(similarities, len(similarities) - k)[len(similarities) - k])
        lowest = max(lowest, kth - slack)
    return np.flatnonzero(similarities >= lowest)
