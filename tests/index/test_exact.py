from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgsearch.index import exact
from imgsearch.index.exact import scan

from .helpers import Rows, unit_rows


def naive(query: Rows, rows: Rows, k: int, holes: list[int]) -> list[tuple[int, float]]:
    """The slow twin: every row by itself, sorted by Python."""
    living = [slot for slot in range(len(rows)) if slot not in holes]
    pairs = [
        (slot, round(sum(float(a) * float(b) for a, b in zip(query, rows[slot], strict=True)), 6)) for slot in living
    ]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:k]


def as_pairs(queries: Rows, rows: Rows, k: int, holes: list[int], at_once: int) -> list[list[tuple[int, float]]]:
    answers = scan(queries, rows, k, np.array(holes, dtype=np.int64), at_once)
    return [list(zip(slots.tolist(), similarities.tolist(), strict=True)) for slots, similarities in answers]


@given(
    count=st.integers(0, 40),
    k=st.integers(0, 45),
    distinct=st.integers(1, 40),
    holes=st.sets(st.integers(0, 39)),
    at_once=st.sampled_from([1, 64, 1 << 24]),
    seed=st.integers(0, 9),
)
def test_the_scan_equals_its_slow_twin_with_ties_and_holes(
    *, count: int, k: int, distinct: int, holes: set[int], at_once: int, seed: int
) -> None:
    rows = unit_rows(distinct, 5, seed)[np.random.default_rng(seed).integers(distinct, size=count)]
    dead = sorted(slot for slot in holes if slot < count)
    queries = unit_rows(3, 5, seed + 100)
    assert as_pairs(queries, rows, k, dead, at_once) == [naive(query, rows, k, dead) for query in queries]


@given(
    count=st.integers(0, 40),
    k=st.integers(1, 12),
    first=st.integers(0, 45),
    block=st.integers(1, 9),
    ties=st.integers(0, 3),
    seed=st.integers(0, 9),
)
def test_blocks_and_pruning_change_no_answer(
    *, count: int, k: int, first: int, block: int, ties: int, seed: int
) -> None:
    rows = unit_rows(4, 5, seed)[np.random.default_rng(seed).integers(4, size=count)]
    queries = unit_rows(3, 5, seed + 100)
    released: list[int] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(exact, "_BLOCK", block)
        patched.setattr(exact, "_TIES", ties)
        answers = scan(queries, rows, k, first=first, release=lambda *slots: released.extend(range(*slots)))
    pairs = [list(zip(slots.tolist(), similarities.tolist(), strict=True)) for slots, similarities in answers]
    assert pairs == [naive(query, rows, k, list(range(min(first, count)))) for query in queries]
    assert released == list(range(first, count))


@given(
    holes=st.sets(st.integers(0, 199), min_size=100),
    first=st.integers(0, 210),
    block=st.integers(1, 50),
    seed=st.integers(0, 9),
)
def test_few_rows_among_many_holes_are_picked_out(*, holes: set[int], first: int, block: int, seed: int) -> None:
    rows, queries = unit_rows(200, 5, seed), unit_rows(3, 5, seed + 100)
    dead = sorted(holes)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(exact, "_BLOCK", block)
        answers = scan(queries, rows, 7, np.array(dead), first=first)
    pairs = [list(zip(slots.tolist(), similarities.tolist(), strict=True)) for slots, similarities in answers]
    assert pairs == [naive(query, rows, 7, sorted(holes | set(range(first)))) for query in queries]


def test_as_many_ties_as_rows_stay_in_bounded_memory() -> None:
    rows = np.repeat(unit_rows(1, 8), 200_000, axis=0)
    tracemalloc.start()
    answers = scan(rows[:50], rows, 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [slots.tolist() for slots, _ in answers] == [list(range(10))] * 50
    assert peak < 40_000_000


def test_identical_rows_have_identical_similarities_and_the_order_of_their_slots() -> None:
    rows = np.repeat(unit_rows(1, 131), 1003, axis=0)
    queries = unit_rows(7, 131, seed=1)
    for at_once in (1, 3000, 1 << 24):
        for slots, similarities in scan(queries, rows, 20, at_once=at_once):
            assert slots.tolist() == list(range(20))
            assert len(set(similarities.tolist())) == 1


def test_a_row_and_itself_have_similarity_one() -> None:
    rows = unit_rows(50, 256)
    assert [similarities[0] for _, similarities in scan(rows, rows, 1)] == [1.0] * 50


def test_an_answer_does_not_depend_on_the_other_queries() -> None:
    rows, queries = unit_rows(500, 33), unit_rows(9, 33, seed=1)
    together = as_pairs(queries, rows, 10, [], 1 << 24)
    assert together == [as_pairs(query[None], rows, 10, [], 1 << 24)[0] for query in queries]


@pytest.mark.parametrize("damage", [np.nan, np.inf])
def test_a_row_damaged_to_nan_drops_out_and_hides_no_other(damage: float) -> None:
    rows = unit_rows(30, 8)
    broken = rows.copy()
    broken[3, 2], broken[3, 4] = damage, -damage
    query = unit_rows(1, 8, seed=1)
    (slots, _), (expected, _) = scan(query, broken, 30)[0], scan(query, rows, 30)[0]
    assert slots.tolist() == [slot for slot in expected.tolist() if slot != 3]
