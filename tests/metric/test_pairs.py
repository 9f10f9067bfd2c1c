from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.pairs import Pairs, any_pairs, check_pairs, class_pairs
from imgsearch.metric.registry import LINEAR_METRICS, PAIR_METRICS, pair_metric

CLASSES = np.array([2, 0, 1, 0, 2, 2, 3, 0])


def made(*entries: tuple[int, int, bool]) -> Pairs:
    return Pairs(*(np.array(column) for column in zip(*entries, strict=True)))


def listed(pairs: Pairs) -> set[tuple[frozenset[int], bool]]:
    """The pairs without their order; fails where one comes twice."""
    rows = zip(pairs.first.tolist(), pairs.second.tolist(), pairs.same.tolist(), strict=True)
    result = [(frozenset((first, second)), same) for first, second, same in rows]
    assert len(set(result)) == len(result)
    return set(result)


def test_all_pairs_of_classes_against_loops() -> None:
    expected = {(frozenset(pair), bool(CLASSES[pair[0]] == CLASSES[pair[1]])) for pair in combinations(range(8), 2)}
    assert listed(class_pairs(CLASSES, 100, 0)) == expected


def test_pairs_are_drawn_of_each_kind_that_has_more() -> None:
    # 3 + 3 pairs of one class, 28 − 6 of two
    pairs = class_pairs(CLASSES, 10, 0)
    assert len(listed(pairs)) == 6 + 10
    assert (pairs.same == (CLASSES[pairs.first] == CLASSES[pairs.second])).all()
    assert listed(pairs) == listed(class_pairs(CLASSES, 10, 0))
    assert listed(pairs) != listed(class_pairs(CLASSES, 10, 1))


def test_every_pair_is_equally_likely() -> None:
    counts = np.zeros((8, 8))
    for seed in range(1100):
        pairs = class_pairs(CLASSES, 2, seed)
        counts[pairs.first, pairs.second] += 1
    counts += counts.T
    different = CLASSES[:, np.newaxis] != CLASSES
    assert counts.sum() == 4 * 1100 * 2
    assert np.abs(counts[different] - 100).max() < 50  # 2 of 22 drawn 1,100 times: five standard deviations
    same = ~different & ~np.eye(8, dtype=bool)
    assert np.abs(counts[same] - 1100 / 3).max() < 80


def test_billions_of_pairs_are_not_listed() -> None:
    classes = np.arange(200_000) % 7
    pairs = class_pairs(classes, 50, 0)
    assert len(listed(pairs)) == 100
    assert (pairs.same == (classes[pairs.first] == classes[pairs.second])).all()


def test_pairs_of_any_pictures() -> None:
    first, second = any_pairs(5, 10, 0)
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == list(combinations(range(5), 2))
    first, second = any_pairs(100_000, 20, 0)
    assert len(first) == 20
    assert (first < second).all()
    assert len(any_pairs(0, 10, 0)[0]) == len(any_pairs(1, 10, 0)[0]) == 0


def test_no_pictures_and_one_picture_have_no_pairs() -> None:
    for classes in (np.array([], dtype=np.intp), np.array([4])):
        assert len(class_pairs(classes, 10, 0).first) == 0


def test_differences_against_loops() -> None:
    points = np.random.default_rng(0).normal(size=(4, 3))
    pairs = made((0, 3, True), (2, 1, False))
    np.testing.assert_array_equal(pairs.differences(points), [points[0] - points[3], points[2] - points[1]])


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="1, 2 and 1 entries"):
        Pairs(np.array([0]), np.array([1, 2]), np.array([True]))


def test_pairs_that_come_twice_or_the_other_way_round_are_no_contradiction() -> None:
    check_pairs(np.eye(3), made((0, 1, True), (1, 0, True), (0, 1, True), (1, 2, False)))


@pytest.mark.parametrize(
    ("embeddings", "pairs", "message"),
    [
        (np.eye(3), made((0, 1, True), (2, 1, False), (1, 2, True)), "rows 2 and 1 .* both as same and as different"),
        (np.eye(3), made((0, 1, True), (1, 1, False)), "rows 1 and 1 .* itself"),
        (np.eye(3), made((0, 3, True)), "rows 0 and 3 .* there are 3 embeddings"),
        (np.eye(3), made((-1, 0, True)), "rows -1 and 0"),
        (np.array([[1.0], [np.inf]]), made((0, 1, True)), "embedding 1 .* not finite"),
    ],
)
def test_pairs_that_cannot_be(embeddings: NDArray[np.float64], pairs: Pairs, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        check_pairs(embeddings, pairs)
    assert "\n" not in str(raised.value)


def test_a_flat_array_is_no_embeddings() -> None:
    with pytest.raises(TypeError, match="1-d"):
        check_pairs(np.zeros(3), made((0, 1, True)))


@pytest.mark.parametrize("name", sorted(PAIR_METRICS))
def test_a_metric_from_pairs_brings_the_same_nearer_than_the_different(name: str) -> None:
    assert name in LINEAR_METRICS
    rng = np.random.default_rng(0)
    classes = np.repeat(np.arange(4), 10)
    points = (rng.normal(size=(4, 3))[classes] + 0.3 * rng.normal(size=(40, 3))) @ np.diag([1, 1, 0.1])
    points = np.column_stack([points, 3 * rng.normal(size=40)])  # loud, and says nothing
    pairs = class_pairs(classes, 10**6, 0)

    def contrast(lengths: NDArray[np.float64]) -> float:
        return float(lengths[~pairs.same].mean() / lengths[pairs.same].mean())

    metric = pair_metric(name)(points, pairs)
    learned = contrast(metric.distance(points[pairs.first], points[pairs.second]))
    assert learned > 1.2 * contrast(np.linalg.norm(pairs.differences(points), axis=1))


def test_an_unknown_metric_from_pairs_suggests_the_nearest() -> None:
    with pytest.raises(UserError, match=r"metric from pairs 'itm'.*'itml'"):
        pair_metric("itm")
