"""The symmetric square root of a Mahalanobis matrix: of all maps that mean its distance, the one that only scales."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def symmetric_root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """M^½ (d, d), symmetric, of a symmetric M ⪰ 0 (d, d); eigenvalues that rounding took below 0 count as 0."""
    eigenvalues, directions = np.linalg.eigh(matrix)
    root: NDArray[np.float64] = directions * np.sqrt(np.maximum(eigenvalues, 0)) @ directions.T
    return root
