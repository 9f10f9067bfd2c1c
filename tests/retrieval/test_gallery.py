"""Queries against a gallery of other pictures, by the rules of re-identification where these are asked for."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.retrieval import Relevance, chance_queries, evaluate, evaluate_gallery_queries, means

from . import naive
from .test_evaluation import DIRECTIONS, labelled, unit_rows

Task = tuple[NDArray[np.float32], NDArray[np.float32], dict[str, list[int]]]


@st.composite
def tasks(draw: st.DrawFn, most: int) -> Task:
    """Few directions, classes −1 (junk), 0 (distractors), 1 and 2, two cameras; some queries are in the gallery."""
    count, size = draw(st.integers(1, 4)), draw(st.integers(1, most))

    def numbers(low: int, high: int, length: int) -> list[int]:
        return draw(st.lists(st.integers(low, high), min_size=length, max_size=length))

    columns = {
        "query_labels": numbers(1, 2, count),
        "gallery_labels": numbers(-1, 2, size),
        "query_cameras": numbers(7, 8, count),
        "gallery_cameras": numbers(7, 8, size),
        "same": numbers(-1, size - 1, count),
    }
    columns["query_labels"][0] = columns["gallery_labels"][0] = 1
    columns["query_cameras"][0], columns["gallery_cameras"][0] = 7, 8
    columns["same"][0] = -1
    return DIRECTIONS[numbers(0, 4, count)], DIRECTIONS[numbers(0, 4, size)], columns


def market_1501(columns: dict[str, list[int]]) -> Relevance:
    arrays = {name: np.array(values) for name, values in columns.items()}
    return Relevance.between(
        arrays["query_labels"],
        arrays["gallery_labels"],
        same=arrays["same"],
        cameras=(arrays["query_cameras"], arrays["gallery_cameras"]),
        junk=-1,
        distractor=0,
    )


def answers_of(query: int, columns: dict[str, list[int]]) -> dict[int, bool]:
    """The rows of the gallery that answer a query, and whether each is a hit."""
    found = {}
    label, camera = columns["query_labels"][query], columns["query_cameras"][query]
    for row, (other, seen_by) in enumerate(zip(columns["gallery_labels"], columns["gallery_cameras"], strict=True)):
        too_easy = other == label and seen_by == camera
        if other != -1 and not too_easy and row != columns["same"][query]:
            found[row] = other == label
    return found


@settings(deadline=None, max_examples=1000)
@given(tasks(most=5))
def test_re_identification_equals_a_loop_over_queries_and_orders(task: Task) -> None:
    queries, gallery, columns = task
    found, metrics = evaluate_gallery_queries(queries, gallery, market_1501(columns), ks=(1, 2, 5))
    expected = {}
    for query, row in enumerate(queries):
        answers = answers_of(query, columns)
        if any(answers.values()):
            keys = [naive.similarity_key(row.tolist(), gallery[answer].tolist()) for answer in answers]
            expected[query] = naive.of_query(keys, list(answers.values()), (1, 2, 5))
    assert found.tolist() == list(expected)
    for name, values in metrics.items():
        assert values.tolist() == pytest.approx([scores[name] for scores in expected.values()], abs=1e-12)


@settings(deadline=None, max_examples=100)
@given(tasks(most=30), st.randoms(use_true_random=False))
def test_the_order_of_files_changes_nothing(task: Task, random: Random) -> None:
    queries, gallery, columns = task
    asked, shown = (np.array(random.sample(range(count), count)) for count in (len(queries), len(gallery)))
    moved = {
        name: [values[row] for row in (shown if name.startswith("gallery") else asked)]
        for name, values in columns.items()
    }
    moved["same"] = [-1 if row < 0 else shown.tolist().index(row) for row in moved["same"]]
    before = evaluate_gallery_queries(queries, gallery, market_1501(columns))
    after = evaluate_gallery_queries(queries[asked], gallery[shown], market_1501(moved))
    assert means(after[1]) == means(before[1])
    assert sorted(asked[after[0]].tolist()) == before[0].tolist()


@settings(deadline=None, max_examples=100)
@given(tasks(most=30))
def test_identical_embeddings_score_exactly_chance(task: Task) -> None:
    queries, gallery, columns = task
    relevance = market_1501(columns)
    one = unit_rows(np.random.default_rng(0), 1, 33)
    scores = evaluate_gallery_queries(
        np.tile(one, (len(queries), 1)), np.tile(one, (len(gallery), 1)), relevance, ks=(1, 4)
    )
    expected = chance_queries(relevance, (1, 4))
    assert scores[0].tolist() == expected[0].tolist()
    assert {name: values.tolist() for name, values in scores[1].items()} == {
        name: values.tolist() for name, values in expected[1].items()
    }


def test_a_set_asked_with_itself_is_leave_one_out() -> None:
    embeddings, labels = labelled(np.random.default_rng(0), 60, 12, 5)
    relevance = Relevance.between(labels, labels, same=np.arange(60))
    _, metrics = evaluate_gallery_queries(embeddings, embeddings.copy(), relevance, ks=(1, 2, 4, 8))
    assert means(metrics) == evaluate(embeddings, labels).metrics


def test_re_ranking_a_set_asked_with_itself_is_re_ranked_leave_one_out() -> None:
    embeddings, labels = labelled(np.random.default_rng(0), 60, 12, 5)
    relevance = Relevance.between(labels, labels, same=np.arange(60))
    _, metrics = evaluate_gallery_queries(embeddings, embeddings.copy(), relevance, ks=(1, 2, 4, 8), rerank=True)
    assert means(metrics) == evaluate(embeddings, labels, rerank=True).metrics
    assert means(metrics) != evaluate(embeddings, labels).metrics


def test_market_1501_by_hand() -> None:
    # Person 7, seen by camera 1. Best first: its own camera's picture, junk, a distractor, a hit, a stranger, a hit.
    angles = np.radians([1, 2, 3, 4, 5, 6])
    gallery = np.column_stack([np.cos(angles), np.sin(angles)])
    query = np.array([[1.0, 0.0]])
    relevance = Relevance.between(
        np.array([7]),
        np.array([7, -1, 0, 7, 3, 7]),
        cameras=(np.array([1]), np.array([1, 2, 2, 2, 1, 3])),
        junk=-1,
        distractor=0,
    )
    metrics = means(evaluate_gallery_queries(query, gallery, relevance, ks=(1, 2))[1])
    assert (metrics["recall_at_1"], metrics["recall_at_2"]) == (0, 1)
    assert metrics["map"] == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert metrics["map_at_r"] == pytest.approx(1 / 2 / 2)


def test_queries_without_a_match_are_left_out_and_none_with_one_is_a_users_mistake() -> None:
    rows = np.eye(3)
    found, metrics = evaluate_gallery_queries(
        rows, rows, Relevance.between(np.array([1, 2, 0]), np.array([2, 3, 0]), distractor=0)
    )
    assert found.tolist() == [1] and metrics["map"].tolist() == pytest.approx([(1 / 2 + 1 / 3) / 2])
    with pytest.raises(UserError, match="none of 1 queries has a picture of its class"):
        evaluate_gallery_queries(rows[:1], rows, Relevance.between(np.array([1]), np.array([2, 2, 2])))


def test_a_callers_and_a_users_mistakes_are_told_apart() -> None:
    rows, labels = np.eye(2), np.array([1, 1])
    with pytest.raises(ValueError, match="do not fit"):
        evaluate_gallery_queries(rows, rows[:1], Relevance.between(labels, labels))
    with pytest.raises(ValueError, match="one camera"):
        Relevance.between(labels, labels, cameras=(labels, labels[:1]))
    with pytest.raises(ValueError, match="one row"):
        Relevance.between(labels, labels, same=labels[:1])
    with pytest.raises(UserError, match=r"embedding 0 .* length 2"):
        evaluate_gallery_queries(rows, 2 * rows, Relevance.between(labels, labels))
    with pytest.raises(UserError, match=r"embedding 1 .* not finite"):
        evaluate_gallery_queries(np.diag([1, np.nan]), rows, Relevance.between(labels, labels))
