from __future__ import annotations

import numpy as np
import pytest

from imgsearch.retrieval import evaluate, evaluate_queries
from imgsearch.retrieval.bootstrap import ClassScores, interval, paired_interval


def drawn(classes: int, seed: int = 0) -> ClassScores:
    rng = np.random.default_rng(seed)
    queries = rng.integers(3, 9, classes)
    return ClassScores(rng.uniform(size=classes) * queries, queries)


def test_the_interval_is_as_wide_as_theory_says() -> None:
    """400 classes of one query, scores of variance 1/12: 1.96·√(1/12/400) = 0.0283 either way."""
    scores = ClassScores(np.linspace(0, 1, 400), np.ones(400, dtype=np.int64))
    low, high = interval(scores)
    assert low == pytest.approx(0.5 - 0.0283, abs=0.002)
    assert high == pytest.approx(0.5 + 0.0283, abs=0.002)


def test_a_constant_gain_is_certain_however_much_classes_differ() -> None:
    before = drawn(12)
    after = ClassScores(before.sums + 0.1 * before.queries, before.queries)
    assert paired_interval(after, before) == pytest.approx((0.1, 0.1))
    low, high = interval(before)
    assert high - low > 0.1


def test_a_class_without_queries_counts_for_nothing() -> None:
    scores = drawn(9)
    more = ClassScores(np.append(scores.sums, 0.0), np.append(scores.queries, 0))
    assert interval(more) == interval(scores)
    assert more.mean == scores.mean


def test_scores_of_different_queries_are_not_paired() -> None:
    with pytest.raises(ValueError, match="cannot be paired"):
        paired_interval(drawn(5, 1), drawn(5, 2))


def test_queries_by_class_average_to_what_evaluate_says() -> None:
    rng = np.random.default_rng(0)
    labels = np.array([0] * 5 + [1] * 3 + [2] + [3] * 4)
    rows = rng.normal(size=(len(labels), 6))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    queries, values = evaluate_queries(rows, labels)
    assert sorted(queries.tolist()) == [row for row, label in enumerate(labels) if label != 2]
    scores = ClassScores.of(values["map_at_r"], labels[queries], 4)
    assert scores.queries.tolist() == [5, 3, 0, 4]
    assert scores.mean == pytest.approx(evaluate(rows, labels).metrics["map_at_r"])
    alone = values["recall_at_1"][queries.tolist().index(6)]  # the query's own nearest neighbour, by hand
    similarities = rows @ rows[6]
    similarities[6] = -2
    assert alone == (labels[similarities.argmax()] == 1)
