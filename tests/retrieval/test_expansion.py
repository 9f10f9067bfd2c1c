from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgsearch.retrieval.expansion import all_expanded, expanded

from ..index.helpers import unit_rows


def naive(query: list[float], neighbours: list[list[float]], alpha: float) -> list[float]:
    """The slow twin."""
    total = list(query)
    for row in neighbours:
        similarity = sum(x * y for x, y in zip(query, row, strict=True))
        weight = max(similarity, 0.0) ** alpha
        total = [x + weight * y for x, y in zip(total, row, strict=True)]
    length = math.sqrt(sum(x * x for x in total))
    return [x / length for x in total]


@given(number=st.integers(0, 5), alpha=st.sampled_from([0.0, 1.0, 3.0]), seed=st.integers(0, 20))
def test_expansion_equals_its_slow_twin(number: int, alpha: float, seed: int) -> None:
    query, neighbours = unit_rows(1, 5, seed)[0], unit_rows(number, 5, seed + 100)
    expected = naive(query.tolist(), neighbours.tolist(), alpha)
    assert expanded(query, neighbours, alpha).tolist() == pytest.approx(expected, abs=1e-6)


def test_all_are_expanded_by_their_neighbours_and_never_by_themselves() -> None:
    rows = np.random.default_rng(0).normal(size=(12, 4))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    for number, row in enumerate(all_expanded(rows, 3)):
        others = sorted(
            (other for other in range(12) if other != number), key=lambda one: -float(rows[one] @ rows[number])
        )
        assert row == pytest.approx(expanded(rows[number], rows[others[:3]]))
