"""A linear metric onto fewer dimensions, those in which the embeddings vary most: its principal components."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.linear import LinearMetric


def shorten(metric: LinearMetric, embeddings: NDArray[np.floating], dimension: int) -> LinearMetric:
    """The metric of `dimension` rows whose distances between the mapped embeddings (n, d) differ least from its own.

    Raises UserError where the metric has fewer rows than that.
    """
    rows = metric.matrix.shape[0]
    if not 1 <= dimension <= rows:
        raise UserError(f"{dimension} dimensions cannot be made of {rows}; give at most {rows}")
    matrix, offset = metric.matrix.astype(np.float64), metric.offset.astype(np.float64)
    mapped = embeddings.astype(np.float64) @ matrix.T + offset
    directions = np.linalg.eigh(np.cov(mapped, rowvar=False, bias=True).reshape(rows, rows))[1][:, ::-1].T[:dimension]
    return LinearMetric((directions @ matrix).astype(np.float32), offset=(directions @ offset).astype(np.float32))
