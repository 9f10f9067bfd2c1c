from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric import lmnn
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.lmnn import fit, nearest_of_class, objective
from tests.metric.oracle import metric_learns

Points = NDArray[np.float64]
Labels = NDArray[np.intp]

SIZES = (8, 2, 1, 9, 4)


def drawn(sizes: tuple[int, ...] = SIZES, dimension: int = 4, seed: int = 0) -> tuple[Points, Labels]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    noise = rng.normal(size=(len(labels), dimension)) * rng.uniform(0.3, 2, dimension)
    return rng.normal(size=(len(sizes), dimension))[labels] + noise, labels


def naive_targets(points: Points, labels: Labels, count: int) -> list[list[int]]:
    result = []
    for row, label in enumerate(labels):
        others = [other for other in range(len(labels)) if other != row and labels[other] == label]
        result.append(sorted(others, key=lambda other: float(np.sum((points[row] - points[other]) ** 2)))[:count])
    return result


def naive_objective(matrix: Points, points: Points, labels: Labels, count: int = 3, mu: float = 0.5) -> float:
    def squared(x: int, y: int) -> float:
        return float((points[x] - points[y]) @ matrix @ (points[x] - points[y]))

    total = 0.0
    for row, targets in enumerate(naive_targets(points, labels, count)):
        for target in targets:
            total += (1 - mu) * squared(row, target)
            for impostor in range(len(labels)):
                if labels[impostor] != labels[row]:
                    total += mu * max(0.0, 1 + squared(row, target) - squared(row, impostor))
    return total


def matrix_of(metric: LinearMetric) -> Points:
    root = metric.matrix.astype(np.float64)
    np.testing.assert_allclose(root, root.T, atol=1e-6 * np.abs(root).max())
    return root @ root


def test_target_neighbours_against_loops() -> None:
    points, labels = drawn()
    anchors = np.flatnonzero(labels != 2)
    targets = nearest_of_class(points, labels, anchors, 3)
    expected = naive_targets(points, labels, 3)
    assert [[row for row in found if row >= 0] for found in targets.tolist()] == [expected[row] for row in anchors]


def test_no_picture_is_its_own_target_neighbour() -> None:
    points, labels = np.zeros((4, 2)), np.array([0, 0, 0, 1])
    targets = nearest_of_class(points, labels, np.arange(4), 5)
    assert [sorted(row) for row in targets.tolist()] == [[1, 2], [0, 2], [0, 1], [-1, -1]]


@pytest.mark.parametrize("block", [1, 70, 10**6])
@pytest.mark.parametrize("mu", [0.5, 0.2])
def test_objective_against_loops(mu: float, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmnn, "_BLOCK", block)
    points, labels = drawn()
    anchors = np.flatnonzero(labels != 2)
    cost = objective(points, labels, anchors, nearest_of_class(points, labels, anchors, 3), mu)
    for scale in (0.1, 1, 5):
        root = scale * np.random.default_rng(1).normal(size=(4, 4))
        expected = naive_objective(root.T @ root, points, labels, mu=mu)
        assert cost(root)[0] * len(anchors) == pytest.approx(expected)


@pytest.mark.parametrize("block", [70, 10**6])
def test_gradient_against_finite_differences(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmnn, "_BLOCK", block)
    points, labels = drawn()
    anchors = np.flatnonzero(labels != 2)
    cost = objective(points, labels, anchors, nearest_of_class(points, labels, anchors, 3), 0.3)
    root = np.random.default_rng(1).normal(size=(4, 4))
    gradient = cost(root)[1]
    for at in np.ndindex(4, 4):
        step = np.zeros((4, 4))
        step[at] = 1e-7
        assert gradient[at] == pytest.approx((cost(root + step)[0] - cost(root - step)[0]) / 2e-7, rel=1e-5, abs=1e-5)


def test_one_dimension_by_hand() -> None:
    # Targets 1 apart, impostors 3 away from the inner two and 4 from the outer two: 1 + m − 9m > 0 until m = 1/8, and
    # 1 + m − 16m until 1/15. For m below 1/8 the slope is 4·½·1 + 2·½·(1 − 9) < 0, above it 2: the least is at m = 1/8.
    points, labels = np.array([[0.0], [1], [4], [5]]), np.array([0, 0, 1, 1])
    metric = fit(points, labels)
    np.testing.assert_allclose(matrix_of(metric), 1 / 8, rtol=1e-3)
    np.testing.assert_allclose(metric.offset, -2.5 * metric.matrix[0])


@pytest.mark.parametrize("seed", range(3))
def test_metric_learn_finds_nothing_lower(seed: int) -> None:
    points, labels = drawn((12, 9, 10), seed=seed)
    theirs = metric_learns("LMNN", points, labels, init="identity", learn_rate=1e-4)
    reached = naive_objective(theirs, points, labels)
    ours = naive_objective(matrix_of(fit(points, labels)), points, labels)
    assert 0.97 * reached < ours < 1.001 * reached


def test_no_metric_near_by_is_lower() -> None:
    points, labels = drawn((12, 9, 10))
    root = fit(points, labels).matrix.astype(np.float64)
    least = naive_objective(root @ root, points, labels)
    rng = np.random.default_rng(0)
    for size in (0.01, 0.1, 1):
        other = root + size * rng.normal(size=root.shape)
        assert naive_objective(other.T @ other, points, labels) > 0.9999 * least


def test_drawn_anchors_come_near_to_all() -> None:
    points, labels = drawn((60, 50, 40))
    best = naive_objective(matrix_of(fit(points, labels)), points, labels)
    estimated = fit(points, labels, anchors=60)
    assert naive_objective(matrix_of(estimated), points, labels) < 1.1 * best
    np.testing.assert_array_equal(estimated.matrix, fit(points, labels, anchors=60).matrix)
    assert (estimated.matrix != fit(points, labels, anchors=60, seed=1).matrix).any()


def test_single_precision_is_enough() -> None:
    points, labels = drawn((60, 50, 40))
    best = naive_objective(matrix_of(fit(points, labels)), points, labels)
    single = fit(np.vstack([points, 100 + points[:1]]), np.append(labels, 9), anchors=150)  # one more than anchors
    assert naive_objective(matrix_of(single), points, labels) < 1.001 * best


def test_units_do_not_matter() -> None:
    points, labels = drawn()
    np.testing.assert_allclose(1e6 * fit(1e6 * points, labels).matrix, fit(points, labels).matrix, rtol=1e-4, atol=1e-4)


def test_identical_pictures_of_two_classes_are_borne() -> None:
    points, labels = drawn()
    points[-1] = points[0]
    assert np.isfinite(fit(points, labels).matrix).all()
    pairs = np.repeat(np.eye(3), 2, axis=0)
    assert np.isfinite(fit(pairs, np.array([0, 1, 0, 1, 0, 1])).matrix).all()
    assert np.isfinite(fit(pairs, np.array([0, 0, 1, 1, 2, 2])).matrix).all()  # all targets at 0 already


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        (np.eye(4), np.zeros(4, dtype=int), "one class"),
        (np.eye(2), np.arange(2), "no class has two pictures"),
        (np.full((4, 3), 0.1), np.array([0, 0, 1, 1]), "all embeddings are the same"),
        (np.array([[1.0, 0], [np.nan, 0]]), np.array([0, 0]), "embedding 1 .* not finite"),
        (np.eye(4), np.zeros(3, dtype=int), "4 embeddings but 3 labels"),
    ],
)
def test_what_lmnn_cannot_learn_from(points: Points, labels: Labels, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        fit(points, labels)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("option", [{"neighbours": 0}, {"anchors": 0}, {"iterations": 0}])
def test_counts_out_of_range(option: dict[str, int]) -> None:
    with pytest.raises(UserError, match=f"{next(iter(option))} 0"):
        fit(*drawn(), **option)  # type: ignore[arg-type]


@pytest.mark.parametrize("mu", [0.0, 1.0, float("nan")])
def test_mu_out_of_range(mu: float) -> None:
    with pytest.raises(UserError, match=r"mu .* out of range"):
        fit(*drawn(), mu=mu)
