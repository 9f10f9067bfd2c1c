from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgsearch.retrieval.vote import vote


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(-1, 1, width=16)), min_size=1, max_size=12))
def test_the_votes_equal_a_count_by_hand(neighbours: list[tuple[str, float]]) -> None:
    result = vote([name for name, _ in neighbours], [similarity for _, similarity in neighbours])
    weights = [max(similarity, 0.0) for _, similarity in neighbours]
    if sum(weights) == 0:
        weights = [1.0] * len(neighbours)
    for name, share in result:
        own = sum(weight for (other, _), weight in zip(neighbours, weights, strict=True) if other == name)
        assert share == pytest.approx(own / sum(weights))
    assert {name for name, _ in result} == {name for name, _ in neighbours}
    assert [share for _, share in result] == sorted((share for _, share in result), reverse=True)


def test_two_less_similar_neighbours_outvote_a_nearer_one() -> None:
    votes = vote(["owl", "fish", "fish"], [0.9, 0.6, 0.5])
    assert [name for name, _ in votes] == ["fish", "owl"]
    assert [share for _, share in votes] == pytest.approx([0.55, 0.45])


def test_a_tie_goes_to_the_nearer_and_no_neighbours_say_nothing() -> None:
    assert [name for name, _ in vote(["b", "a"], [0.5, 0.5])] == ["b", "a"]
    assert vote(["b", "a"], [-0.1, -0.2]) == [("b", 0.5), ("a", 0.5)]
    assert vote([], []) == []
