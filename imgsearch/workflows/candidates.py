"""The linear metrics that `train` without further options compares, and the pictures that it compares them on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STRENGTHS = (0.2, 0.4, 0.6, 0.8, 1)

RECIPES = (
    "centring",
    *(f"{name}^{strength}" for name in ("mahalanobis", "rca", "lda") for strength in STRENGTHS),
    "rca^0.2,between^0.1",
    "rca^0.4,between^0.1",
    "rca^0.4,between^0.2",
    "rca^0.6,between^0.1",
    "rca^0.6,between^0.2",
    "rca^0.8,between^0.1",
)
"""At strengths from mild to the textbook's. Steeper compositions, and strengths in finer steps, gained nothing on seven
collections; nor did other ways of measuring what varies within a class (nearest neighbours alone, mirrored and cropped
views, that of the encoder's own training) or between (impostors near by)."""

ITERATIVE = tuple(f"{name}^{strength}" for name in ("nca", "lmnn", "itml", "mmc") for strength in (0.2, 0.5, 1))
"""Those whose fit takes seconds rather than milliseconds; tried in one round of folds."""

FOLDS, ROUNDS = 3, 3
MOST_PICTURES = 2000
"""That take part in the comparison; of more, the first of each class. The metric chosen is fitted on all."""

MOST_FOR_ITERATIVE = 200
"""That those are fitted on in the comparison."""


def most_of_each(labels: NDArray[np.int64], most: int) -> NDArray[np.bool_]:
    """Which of the pictures with labels (n,) to take, the first of each class, so that they are about `most` in all."""
    order = np.argsort(labels, kind="stable")
    sizes = np.unique(labels, return_counts=True)[1]
    place = np.empty(len(labels), dtype=np.int64)
    place[order] = np.concatenate([np.arange(size) for size in sizes])
    each = 2
    while np.minimum(sizes, each + 1).sum() <= most and each < sizes.max():
        each += 1
    kept: NDArray[np.bool_] = place < each
    return kept
