from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score
from sklearn.neighbors import KNeighborsClassifier

from imgsearch.retrieval import chance, evaluate

from . import naive

Embeddings = NDArray[np.float32]
Labels = NDArray[np.intp]

# Few directions, so that random sets are full of ties; the zero row ties with everything.
DIRECTIONS = np.array([[1, 0], [0, 1], [-1, 0], [0.6, 0.8], [0, 0]], dtype=np.float32)


def unit_rows(rng: np.random.Generator, count: int, dimension: int) -> Embeddings:
    return normalised(rng.normal(size=(count, dimension)))


def normalised(rows: NDArray[np.floating]) -> Embeddings:
    unit: NDArray[np.floating] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit.astype(np.float32)


def labelled(rng: np.random.Generator, count: int, classes: int, dimension: int) -> tuple[Embeddings, Labels]:
    """Random points of imbalanced classes, some with a single member, drawn towards their class."""
    labels = np.floor(classes * rng.random(count) ** 2).astype(np.intp)
    rows = unit_rows(rng, count, dimension) + unit_rows(rng, classes, dimension)[labels]
    return normalised(rows), labels


@st.composite
def tied_sets(draw: st.DrawFn, most: int) -> tuple[Embeddings, Labels]:
    count = draw(st.integers(2, most))
    directions = draw(st.lists(st.integers(0, len(DIRECTIONS) - 1), min_size=count, max_size=count))
    labels = draw(st.lists(st.integers(-1, 2), min_size=count, max_size=count))
    labels[1] = labels[0]  # somebody must have something to find
    return DIRECTIONS[directions], np.array(labels)


@settings(deadline=None, max_examples=1000)
@given(tied_sets(most=5))
def test_ties_count_with_the_mean_over_all_their_orders(pictures: tuple[Embeddings, Labels]) -> None:
    ks = (1, 2, 3, 4, 8)
    assert evaluate(*pictures, ks=ks).metrics == pytest.approx(naive.evaluate(*pictures, ks), abs=1e-12)


@pytest.mark.parametrize("seed", range(25))
def test_near_ties_are_told_apart_as_exact_arithmetic_does(seed: int) -> None:
    # So crowded that similarities lie a few steps of rounding apart: one inexact product in ten would show.
    rng = np.random.default_rng(seed)
    embeddings = normalised(unit_rows(rng, 1, 256) + 0.0015 * unit_rows(rng, 6, 256))
    labels = np.array([0, 0, 0, 1, 1, 2])
    assert evaluate(embeddings, labels).metrics == pytest.approx(naive.evaluate(embeddings, labels), abs=1e-12)


@settings(deadline=None, max_examples=1000)
@given(st.lists(st.sampled_from([1, 1, 2, 3, 5, 12]), min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_the_naive_twin_agrees_where_nothing_ties(sizes: list[int], seed: int) -> None:
    """Of lone and of imbalanced classes."""
    labels = np.repeat(np.arange(len(sizes) + 1), [2, *sizes])
    rng = np.random.default_rng(seed)
    embeddings = normalised(unit_rows(rng, len(labels), 5) + unit_rows(rng, len(sizes) + 1, 5)[labels])
    try:
        expected = naive.evaluate(embeddings, labels, ties=False)
    except naive.TiedError:
        reject()
    assert evaluate(embeddings, labels).metrics == pytest.approx(expected, abs=1e-12)


@settings(deadline=None, max_examples=100)
@given(tied_sets(most=40), st.randoms(use_true_random=False))
def test_the_order_of_files_changes_nothing(pictures: tuple[Embeddings, Labels], random: Random) -> None:
    embeddings, labels = pictures
    order = random.sample(range(len(labels)), len(labels))
    assert evaluate(embeddings[order], labels[order]) == evaluate(embeddings, labels)


def test_the_order_of_files_changes_no_bit_where_duplicates_fall_into_different_blas_kernels() -> None:
    rng = np.random.default_rng(0)
    embeddings, labels = labelled(rng, 150, 9, 67)
    embeddings, labels = np.tile(embeddings, (3, 1)), rng.permutation(np.tile(labels, 3))
    expected = evaluate(embeddings, labels)
    for _ in range(5):
        order = rng.permutation(len(labels))
        assert evaluate(embeddings[order], labels[order]) == expected


@settings(deadline=None, max_examples=100)
@given(tied_sets(most=40))
def test_metrics_are_ordered_fractions(pictures: tuple[Embeddings, Labels]) -> None:
    scores = evaluate(*pictures, ks=(1, 2, 4, 8))
    ordered = [scores.metrics[name] for name in ("map_at_r", "r_precision")]
    recalls = [scores.metrics[f"recall_at_{k}"] for k in (1, 2, 4, 8)]
    assert ordered[0] <= ordered[1] + 1e-12
    assert recalls == sorted(recalls)
    assert min(ordered + recalls) >= 0
    assert max(ordered + recalls) <= 1 + 1e-12
    assert scores.queries + scores.without_match == len(pictures[1])


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(0, 9), min_size=2, max_size=80), st.integers(1, 90))
def test_identical_embeddings_score_exactly_chance(labels: list[int], k: int) -> None:
    labels[1] = labels[0]
    embeddings = np.tile(unit_rows(np.random.default_rng(0), 1, 33), (len(labels), 1))
    assert evaluate(embeddings, np.array(labels), ks=(1, k)).metrics == chance(np.array(labels), (1, k))


def test_chance_is_what_random_rankings_score_on_average() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 3])
    keys = [[0] * 9] * 9
    rng = np.random.default_rng(0)
    trials = []
    for _ in range(4000):
        for query in range(len(keys)):
            others = np.delete(labels, query)
            trials.append(naive.of_order((rng.permutation(others) == labels[query]).tolist(), (1, 2)))
    assert chance(labels, (1, 2)) == pytest.approx(naive.mean(trials), abs=0.01)


def test_chance_by_hand() -> None:
    # Two classes of two: one hit among three others, and R = 1.
    expected = {"recall_at_1": 1 / 3, "recall_at_2": 2 / 3, "recall_at_4": 1, "r_precision": 1 / 3, "map_at_r": 1 / 3}
    expected["map"] = (1 + 1 / 2 + 1 / 3) / 3
    assert chance(np.array([5, 5, 9, 9]), (1, 2, 4)) == pytest.approx(expected)


def test_by_hand() -> None:
    # Points on a circle; classes a a b a c, so that R = 2 for three queries.
    angles = np.radians([0, 1, 3, 6, 11])
    embeddings = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    classes = np.array([0, 0, 1, 0, 2], dtype=np.intp)
    scores = evaluate(embeddings, classes)
    # The first two see hit, miss, hit, miss. The third sees a miss at 3°, then a hit and a miss tied at 5°, then a hit.
    assert scores.metrics["recall_at_1"] == pytest.approx((1 + 1 + 0) / 3)
    assert scores.metrics["recall_at_2"] == pytest.approx((1 + 1 + 1 / 2) / 3)
    assert scores.metrics["recall_at_4"] == 1
    assert scores.metrics["r_precision"] == pytest.approx((1 / 2 + 1 / 2 + 1 / 2 / 2) / 3)
    assert scores.metrics["map_at_r"] == pytest.approx((1 / 2 + 1 / 2 + 1 / 2 * 1 / 2 / 2) / 3)
    assert (scores.queries, scores.without_match) == (3, 2)


def test_perfect_embeddings_score_one() -> None:
    labels = np.repeat(np.arange(5), 3)
    metrics = evaluate(np.eye(5, dtype=np.float32)[labels], labels).metrics
    assert set(metrics.values()) == {1.0}


def test_a_lone_picture_is_no_query_but_distracts() -> None:
    embeddings = np.array([[1, 0], [0.6, 0.8], [0.8, 0.6]], dtype=np.float32)
    alone = evaluate(embeddings, np.array([0, 0, 1]))
    assert (alone.queries, alone.without_match) == (2, 1)
    assert alone.metrics["recall_at_1"] == 0


def test_a_duplicate_of_the_query_is_an_answer() -> None:
    embeddings = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)
    assert evaluate(embeddings, np.array([0, 0, 1, 1])).metrics["recall_at_1"] == 1
    assert evaluate(embeddings, np.array([0, 1, 0, 1])).metrics["recall_at_1"] == 0


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings, labels = labelled(np.random.default_rng(3), 90, 8, 4)
    whole = evaluate(embeddings, labels)
    monkeypatch.setattr("imgsearch.retrieval.ranking.BLOCK", 7 * 90)
    assert evaluate(embeddings, labels) == whole


def test_scikit_learn_agrees() -> None:
    embeddings, labels = labelled(np.random.default_rng(7), 120, 6, 8)
    labels = np.where(np.bincount(labels)[labels] < 2, 0, labels)
    metrics = evaluate(embeddings, labels, ks=(1,)).metrics

    # Recall@1 is the leave-one-out accuracy of the nearest neighbour.
    neighbours = KNeighborsClassifier(1, metric="cosine", algorithm="brute").fit(embeddings, labels)
    nearest = neighbours.kneighbors(return_distance=False)[:, 0]
    assert metrics["recall_at_1"] == pytest.approx(np.mean(labels[nearest] == labels))

    # MAP@R is the average precision of the first R answers times R-precision, since the former divides by their hits.
    expected, whole = [], []
    for query, label in enumerate(labels):
        similarities = np.delete(embeddings @ embeddings[query], query)
        hits = np.delete(labels == label, query)
        first = np.argsort(-similarities)[: hits.sum()]
        precision = average_precision_score(hits[first], similarities[first]) if hits[first].any() else 0
        expected.append(precision * hits[first].mean())
        whole.append(average_precision_score(hits, similarities))
    assert metrics["map_at_r"] == pytest.approx(np.mean(expected))
    assert metrics["map"] == pytest.approx(np.mean(whole))


def test_inputs_stay_untouched() -> None:
    embeddings, labels = labelled(np.random.default_rng(1), 30, 4, 3)
    before = embeddings.copy(), labels.copy()
    evaluate(embeddings, labels)
    np.testing.assert_array_equal(embeddings, before[0])
    np.testing.assert_array_equal(labels, before[1])


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32 - 1), st.integers(4, 60), st.integers(1, 12))
def test_scattered_sets_equal_the_naive_twin(seed: int, count: int, classes: int) -> None:
    """Imbalanced classes, or one alone; where similarities tie by chance, there is nothing to compare."""
    embeddings, labels = labelled(np.random.default_rng(seed), count, classes, 6)
    labels[:2] = labels[0]
    try:
        expected = naive.evaluate(embeddings, labels, ties=False)
    except naive.TiedError:
        reject()
    assert evaluate(embeddings, labels).metrics == pytest.approx(expected, abs=1e-12)


def test_pytorch_metric_learning_agrees_where_nothing_ties() -> None:
    import torch
    from pytorch_metric_learning.distances import CosineSimilarity
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
    from pytorch_metric_learning.utils.inference import CustomKNN

    names = {
        "recall_at_1": "precision_at_1",
        "r_precision": "r_precision",
        "map_at_r": "mean_average_precision_at_r",
        "map": "mean_average_precision",
    }
    compared = 0
    for seed in range(10):
        embeddings, labels = labelled(np.random.default_rng(seed), 60, 9, 8)
        similarities = np.rint(embeddings.astype(float) @ embeddings.T.astype(float) * 2**20)
        if any(len(np.unique(row)) < 60 for row in similarities):
            continue  # it orders ties by file
        compared += 1
        nearest = CustomKNN(CosineSimilarity())
        calculator = AccuracyCalculator(include=tuple(names.values()), k=59, knn_func=nearest)
        theirs = calculator.get_accuracy(torch.from_numpy(embeddings), torch.from_numpy(labels))
        metrics = evaluate(embeddings, labels).metrics
        assert {name: metrics[name] for name in names} == pytest.approx(
            {name: theirs[other] for name, other in names.items()}, abs=1e-6
        )
    assert compared > 5
