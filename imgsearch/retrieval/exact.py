"""Cosine similarities that come out the same to the last bit, in whatever order products are added.

BLAS sums a row's products in an order that depends on the row's position, so that identical pictures may differ in the
last bit, and rounding such a similarity would still part those that straddle a rounding boundary. Therefore the
coordinates are rounded first, to multiples of 2⁻²⁵ (float32's own resolution between ¼ and ½). Their products are
multiples of 2⁻⁵⁰ and the partial sums of unit rows stay below 2, so that float64 holds every one of them without error:
duplicates tie, and the order of files changes nothing.

Two similarities are equal when they agree after rounding to multiples of 2⁻²⁰ (about 10⁻⁶).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIMILARITY_STEPS = 2.0**20
"""So many levels a unit of similarity."""
BLOCK = 1 << 21
"""Similarities held at a time: 16 MiB, and a few arrays of that size."""
_COORDINATE_STEPS = 2.0**25


def exact_rows(embeddings: NDArray[np.floating]) -> NDArray[np.float64]:
    """The rows (n, d), of length 1 or 0, whose matrix products are exact."""
    rows: NDArray[np.float64] = embeddings.astype(np.float64) * _COORDINATE_STEPS
    np.rint(rows, out=rows)
    rows /= _COORDINATE_STEPS
    rows += 0.0  # −0 and 0 are one
    return rows


def levels(similarities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Similarities, any shape, in whole steps: equal ones are equal numbers."""
    return np.asarray(np.rint(similarities * SIMILARITY_STEPS).astype(np.int64))
