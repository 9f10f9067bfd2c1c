from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgsearch.errors import UserError
from imgsearch.retrieval.collapse import collapse

from .test_evaluation import normalised, unit_rows


@settings(deadline=None, max_examples=1000)
@given(count=st.integers(2, 40), dimension=st.integers(1, 8), seed=st.integers(0, 1000))
def test_the_figures_equal_those_of_singular_values_and_of_a_loop_over_pairs(
    count: int, dimension: int, seed: int
) -> None:
    rows = unit_rows(np.random.default_rng(seed), count, dimension).astype(np.float64)
    found = collapse(rows)
    values = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)
    shares = values[values > 1e-6 * count**0.5] / values[values > 1e-6 * count**0.5].sum()
    rank = np.exp(-(shares * np.log(shares)).sum()) if len(shares) else 0
    assert found.effective_rank == pytest.approx(rank, abs=1e-5)
    pairs = [rows[i] @ rows[j] for i in range(count) for j in range(i)]
    assert found.mean_similarity == pytest.approx(np.mean(pairs), abs=1e-6)
    assert found.full_rank == min(count - 1, dimension)
    order = np.random.default_rng(seed).permutation(count)
    moved = collapse(rows[order])
    assert (moved.effective_rank, moved.mean_similarity) == pytest.approx(
        (found.effective_rank, found.mean_similarity), abs=1e-6
    )


def test_spread_and_collapsed_embeddings_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    spread = unit_rows(rng, 500, 64)
    assert collapse(spread).effective_rank > 60
    assert collapse(spread).verdict.startswith("not collapsed (effective rank 6")
    one = np.tile(spread[:1], (500, 1))
    assert collapse(one).effective_rank == 0
    assert collapse(one).mean_similarity == pytest.approx(1, abs=1e-6)
    assert collapse(one).verdict.startswith("collapsed: all pictures look alike to the model (mean similarity 1.000)")
    assert collapse(normalised(one + 0.001 * spread)).verdict.startswith("collapsed: all pictures look alike")
    plane = np.zeros((500, 64))
    plane[:, :2] = unit_rows(rng, 500, 2)
    assert collapse(plane).verdict.startswith("collapsed in part: the embeddings spread in few directions")
    assert "effective rank 2.0 of 64" in collapse(plane).verdict


def test_mistakes_are_told() -> None:
    with pytest.raises(ValueError, match="single embedding"):
        collapse(np.eye(1))
    with pytest.raises(UserError, match="not finite"):
        collapse(np.diag([1, np.nan]))
