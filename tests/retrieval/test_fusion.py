from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgsearch.retrieval.fusion import fused

from ..index.helpers import unit_rows

NONE = (np.empty((0, 5), dtype=np.float32), np.empty(0))


def unit(vector: list[float]) -> list[float]:
    length = math.sqrt(sum(x * x for x in vector))
    return [x / length for x in vector]


def naive(asked: list[list[float]], others: list[list[float]], weights: list[float]) -> list[float]:
    """The slow twin."""
    query = unit([sum(column) / len(asked) for column in zip(*asked, strict=True)])
    for row, weight in zip(others, weights, strict=True):
        query = [x + weight * y for x, y in zip(query, row, strict=True)]
    return unit(query)


@given(asked=st.integers(1, 4), weights=st.lists(st.floats(-3, 3), max_size=3), seed=st.integers(0, 20))
def test_fusion_equals_its_slow_twin(asked: int, weights: list[float], seed: int) -> None:
    rows, others = unit_rows(asked, 5, seed), unit_rows(len(weights), 5, seed + 100)
    query = fused(rows, others, np.array(weights))
    assert query.tolist() == pytest.approx(naive(rows.tolist(), others.tolist(), weights), abs=1e-6)
    assert query.dtype == np.float32


def test_what_cancels_out_is_no_query() -> None:
    rows = unit_rows(1, 5)
    for asked, others, weights in [(rows, rows, [-1.0]), (np.vstack([rows, -rows]), *NONE)]:
        with pytest.raises(ValueError, match="cancel"):
            fused(asked, others, np.array(weights))
