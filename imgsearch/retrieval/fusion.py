"""One query made of several: arithmetic on unit embeddings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_NOTHING = 1e-6
"""A sum shorter than this is rounding alone, and points nowhere."""


def fused(
    asked: NDArray[np.float32], others: NDArray[np.float32], weights: NDArray[np.floating]
) -> NDArray[np.float32]:
    """The query (d,) of the pictures asked for (n, d), with others (m, d) added by their weights (m,), some negative.

    The mean of those asked for is made a unit vector first, so that a weight means the same however many they are. All
    rows are unit vectors, and so is the query; ValueError where they cancel each other.
    """
    query = _unit(asked.astype(np.float64).mean(axis=0)) + weights @ others.astype(np.float64)
    unit: NDArray[np.float32] = _unit(query).astype(np.float32)
    return unit


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    length = float(np.linalg.norm(vector))
    if length < _NOTHING:
        raise ValueError("the vectors cancel each other")
    return vector / length
