from __future__ import annotations

import numpy as np

from imgsearch.index.ranking import margin, rank

from .helpers import unit_rows


def test_candidates_in_any_order_give_the_same_ranks() -> None:
    rows = unit_rows(10_000, 6)
    query = unit_rows(1, 6, seed=1)[0]
    forward, backward = (rank(query, rows, np.arange(10_000)[::step], 10) for step in (1, -1))
    assert forward[0].tolist() == backward[0].tolist()
    assert forward[1].tolist() == backward[1].tolist()
    assert forward[1].tolist() == sorted(np.round(rows @ query.astype(np.float64), 6), reverse=True)[:10]


def test_nearly_equal_similarities_are_equal_and_ordered_by_slot() -> None:
    rows = np.array([[1, 0], [1 - 1e-7, 1e-7]], dtype=np.float32)
    slots, similarities = rank(rows[1], rows[::-1], np.array([1, 0]), 2)
    assert slots.tolist() == [0, 1]
    assert similarities.tolist() == [1.0, 1.0]


def test_the_margin_covers_what_float32_gets_wrong() -> None:
    for dimension in (8, 256, 2048):
        rows, query = unit_rows(300, dimension), unit_rows(1, dimension, seed=1)[0]
        wrong = np.abs(rows @ query - rows.astype(np.float64) @ query)
        assert 2 * wrong.max() < margin(dimension)


def test_nothing_is_more_like_a_picture_than_itself() -> None:
    row = np.full((1, 4), 0.5000003, dtype=np.float32)  # as long as an encoder's rows come out
    slots, similarities = rank(row[0], np.concatenate([row, -row]), np.array([1, 0]), 2)
    assert (slots.tolist(), similarities.tolist()) == ([0, 1], [1.0, -1.0])
