"""Which pictures of an index are near one another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from imgsearch.index.finder import Finder
from imgsearch.progress import progress

_AT_ONCE = 1024


def near_pairs(finder: Finder, slots: NDArray[np.int64], k: int, floor: float) -> NDArray[np.int64]:
    """Pairs of `slots`, (m, 2), each once: one is among the `k` nearest of the other, and at least `floor` similar."""
    chosen = np.zeros(finder.state.slots, dtype=np.bool_)
    chosen[slots] = True
    among = replace(finder, state=replace(finder.state, holes=np.flatnonzero(~chosen)))  # the graph goes its own way
    pairs = [np.empty((0, 2), dtype=np.int64)]
    with progress(total=len(slots), description="comparing") as bar:
        for start in range(0, len(slots), _AT_ONCE):
            part = slots[start : start + _AT_ONCE]
            finder.rows.require_intact(part)
            for slot, (found, similarities) in zip(part, among.find(finder.rows.values[part], k + 1), strict=True):
                near = found[chosen[found] & (found != slot) & (similarities >= floor)][:k]
                pairs.append(np.stack([np.minimum(near, slot), np.maximum(near, slot)], axis=1))
            bar.update(len(part))
    return np.unique(np.concatenate(pairs), axis=0)
