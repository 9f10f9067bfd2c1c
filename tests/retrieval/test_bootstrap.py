from __future__ import annotations

import numpy as np
import pytest

from imgsearch.retrieval import evaluate, evaluate_queries
from imgsearch.retrieval.bootstrap import ClassScores, interval, paired_interval
from imgsearch.retrieval.student import student_t


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


def test_the_names_of_classes_have_no_say() -> None:
    scores = drawn(20)
    order = np.random.default_rng(1).permutation(20)
    moved = ClassScores(scores.sums[order], scores.queries[order])
    assert interval(moved) == pytest.approx(interval(scores), abs=1e-12)


def test_a_single_class_says_nothing() -> None:
    one = ClassScores(np.array([3.0]), np.array([4]))
    assert interval(one) == (0, 1)
    assert paired_interval(one, one) == (-1, 1)


def test_intervals_stay_within_what_there_is() -> None:
    nearly = ClassScores(np.array([10.0, 10.0, 10.0, 2.0]), np.full(4, 10))
    low, high = interval(nearly)
    assert 0 <= low < 0.8 < high <= 1


def test_perfect_classes_are_no_proof_of_perfection() -> None:
    """Wilson's interval for 30 of 30 is z²/(30 + z²) wide."""
    low, high = interval(ClassScores(np.full(30, 10.0), np.full(30, 10)))
    assert (low, high) == pytest.approx((1 - 1.96**2 / (30 + 1.96**2), 1), abs=1e-4)
    assert interval(ClassScores(np.zeros(30), np.full(30, 10))) == pytest.approx((0, 1 - low))


@pytest.mark.parametrize("alpha, beta", [(2, 2), (9, 1), (0.5, 5)])
def test_intervals_of_thirty_classes_hold_the_truth_about_as_often_as_they_say(alpha: float, beta: float) -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        low, high = interval(ClassScores(10 * rng.beta(alpha, beta, 30), np.full(30, 10)))
        held += low <= alpha / (alpha + beta) <= high
    assert 0.92 - 0.03 <= held / 200 <= 0.98 + 0.02  # 3 points, and the chance of 200 trials


def test_students_t_is_that_of_the_tables() -> None:
    for freedom, quantile in ((5, 2.5706), (10, 2.2281), (29, 2.0452), (199, 1.9720)):
        assert student_t(0.975, freedom) == pytest.approx(quantile, rel=1e-3)
