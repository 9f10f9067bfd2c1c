from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imgsearch.retrieval.reciprocal import reciprocal_distances

from ..index.helpers import normalised, unit_rows


def naive(rows: list[list[float]], k1: int, k2: int, original: float) -> list[float]:
    """The slow twin, in the paper's words: sets of neighbours, one picture after the other; the query is number 0."""
    everyone = range(len(rows))

    def distance(p: int, q: int) -> float:
        return 0.0 if p == q else 1.0 - sum(x * y for x, y in zip(rows[p], rows[q], strict=True))

    def nearest(p: int, k: int) -> set[int]:
        return set(sorted(everyone, key=lambda q: (q != p, distance(p, q), q))[:k])

    def reciprocal(p: int, k: int) -> set[int]:
        return {q for q in nearest(p, k + 1) if p in nearest(q, k + 1)}

    def extended(p: int) -> set[int]:
        own = reciprocal(p, k1)
        found = set(own)
        for q in own:
            theirs = reciprocal(q, math.ceil(k1 / 2))
            if len(own & theirs) >= 2 / 3 * len(theirs):
                found |= theirs
        return found

    def feature(p: int) -> list[float]:
        members = extended(p)
        return [math.exp(-distance(p, g)) if g in members else 0.0 for g in everyone]

    features = [feature(p) for p in everyone]
    averaged = [
        [sum(column) / len(column) for column in zip(*(features[g] for g in nearest(p, k2)), strict=True)]
        for p in everyone
    ]
    found = []
    for p in everyone[1:]:
        pairs = list(zip(averaged[0], averaged[p], strict=True))
        jaccard = 1.0 - sum(map(min, pairs)) / sum(map(max, pairs))
        found.append((1.0 - original) * jaccard + original * distance(0, p))
    return found


@settings(deadline=None, max_examples=50)
@given(number=st.integers(0, 16), k1=st.integers(1, 8), k2=st.integers(1, 4), seed=st.integers(0, 30))
def test_the_distances_equal_their_slow_twins(number: int, k1: int, k2: int, seed: int) -> None:
    rows = unit_rows(number + 1, 5, seed)
    expected = naive(rows.astype(np.float64).tolist(), k1, k2, 0.3)
    assert reciprocal_distances(rows[0], rows[1:], k1, k2).tolist() == pytest.approx(expected, abs=1e-9)


def test_pictures_of_one_manifold_move_up_and_a_nearer_stranger_moves_down() -> None:
    """What it is for: the query is at the end of a chain of its own kind; a crowd of others comes nearer by cosine."""
    angles = np.linspace(0.0, 1.5, 16)  # the kind: a chain of neighbours along an arc
    kind = np.stack([np.cos(angles), np.sin(angles), 0 * angles, 0 * angles], axis=1)
    crowd = normalised(np.array([0.62, 0.0, 0.78, 0.0]) + 0.01 * np.random.default_rng(0).normal(size=(16, 4)))
    candidates = np.vstack([kind[1:], crowd]).astype(np.float32)
    query = kind[0].astype(np.float32)

    def kind_among_the_first(distances: NDArray[np.floating]) -> int:
        return int((np.argsort(distances, kind="stable")[:15] < 15).sum())

    by_cosine = kind_among_the_first(-(candidates @ query))
    assert kind_among_the_first(reciprocal_distances(query, candidates, k1=5, k2=3)) > by_cosine
