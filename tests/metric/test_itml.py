from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.itml import divergence, fit, fit_pairs
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.pairs import Pairs, class_pairs
from tests.metric.oracle import metric_learns

Points = NDArray[np.float64]
Labels = NDArray[np.intp]


def drawn(sizes: tuple[int, ...] = (6, 5, 7), dimension: int = 5, seed: int = 0) -> tuple[Points, Labels]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    noise = rng.normal(size=(len(labels), dimension)) * rng.uniform(0.3, 2, dimension)
    return rng.normal(size=(len(sizes), dimension))[labels] + noise, labels


def matrix_of(metric: LinearMetric) -> Points:
    root = metric.matrix.astype(np.float64)
    np.testing.assert_allclose(root, root.T, atol=1e-6 * np.abs(root).max())
    return root @ root


def projected(points: Points, pairs: Pairs, upper: float, lower: float, gamma: float, passes: int) -> Points:
    """The paper's Bregman projections, pair after pair.

    A step α takes 1/p to 1/p − δα and 1/ξ to 1/ξ + δα/γ, which are equal for α = δ·(1/p − 1/ξ)·γ/(1 + γ).
    """
    matrix = np.eye(points.shape[1])
    multipliers = [0.0] * len(pairs.same)
    bounds = [upper if same else lower for same in pairs.same]
    for _ in range(passes):
        for at, same in enumerate(pairs.same):
            difference = points[pairs.first[at]] - points[pairs.second[at]]
            sign = 1 if same else -1
            squared = difference @ matrix @ difference
            alpha = min(multipliers[at], sign * (1 / squared - 1 / bounds[at]) * gamma / (1 + gamma))
            multipliers[at] -= alpha
            bounds[at] = gamma * bounds[at] / (gamma + sign * alpha * bounds[at])
            turned = matrix @ difference
            matrix = matrix + sign * alpha / (1 - sign * alpha * squared) * np.outer(turned, turned)
    return matrix


def test_one_pair_by_hand() -> None:
    # d² = 4 is to be at most 1. After projection 1/p = 1/4 + α and 1/ξ = 1 − α are equal for α = 3/8: d² = 8/5 = 4·M₁₁.
    metric = fit_pairs(np.array([[0.0, 7], [2, 7]]), Pairs(np.array([0]), np.array([1]), np.array([True])), upper=1.0)
    np.testing.assert_allclose(matrix_of(metric), np.diag([0.4, 1]), atol=1e-5)
    np.testing.assert_allclose(metric.offset, -metric.matrix @ [1, 7], atol=1e-6)


@pytest.mark.parametrize("gamma", [0.3, 1.0, 5.0])
def test_the_limit_of_the_papers_projections(gamma: float) -> None:
    points, labels = drawn((3, 3, 4), dimension=4)
    pairs = class_pairs(labels, 8, 0)
    expected = projected(points, pairs, 2.0, 9.0, gamma, passes=400)
    metric = fit_pairs(points, pairs, gamma=gamma, upper=2.0, lower=9.0)
    np.testing.assert_allclose(matrix_of(metric), expected, atol=2e-4 * np.abs(expected).max())


@pytest.mark.parametrize("gamma", [1.0, 3.0])
def test_metric_learn_agrees(gamma: float) -> None:
    points, labels = drawn()
    pairs = class_pairs(labels, 25, 0)
    both = np.stack([points[pairs.first], points[pairs.second]], axis=1)
    bounds = np.array([2.0, 9.0])
    options = {"gamma": gamma, "tol": 1e-7, "max_iter": 5000}
    expected = metric_learns("ITML", both, np.where(pairs.same, 1, -1), bounds, **options)
    metric = fit_pairs(points, pairs, gamma=gamma, upper=2.0, lower=9.0)
    np.testing.assert_allclose(matrix_of(metric), expected, atol=1e-3 * np.abs(expected).max())


def test_divergence_against_loops() -> None:
    points, labels = drawn()
    pairs = class_pairs(labels, 100, 0)
    bounds = np.where(pairs.same, 2.0, 9.0)
    root = np.eye(5) + 0.3 * np.random.default_rng(1).normal(size=(5, 5))
    matrix = root.T @ root
    expected = np.trace(matrix) - np.log(np.linalg.det(matrix)) - 5
    for first, second, same, bound in zip(pairs.first, pairs.second, pairs.same, bounds, strict=True):
        squared = (points[first] - points[second]) @ matrix @ (points[first] - points[second])
        slack = max(squared, bound) if same else min(squared, bound)
        expected += 0.7 * (slack / bound - np.log(slack / bound) - 1)
    assert divergence(pairs.differences(points), bounds, pairs.same, 0.7)(root)[0] == pytest.approx(expected)


def test_gradient_against_finite_differences() -> None:
    points, labels = drawn()
    pairs = class_pairs(labels, 100, 0)
    cost = divergence(pairs.differences(points), np.where(pairs.same, 2.0, 9.0), pairs.same, 0.7)
    root = np.eye(5) + 0.3 * np.random.default_rng(1).normal(size=(5, 5))
    gradient = cost(root)[1]
    for at in np.ndindex(5, 5):
        step = np.zeros((5, 5))
        step[at] = 1e-6
        assert gradient[at] == pytest.approx((cost(root + step)[0] - cost(root - step)[0]) / 2e-6, rel=1e-4, abs=1e-4)


def test_bounds_are_percentiles_of_squared_distances() -> None:
    points, labels = drawn()
    points[1] = points[0]  # which differ in nothing, and so observe nothing
    squared = [np.sum((x - y) ** 2) for at, x in enumerate(points) for y in points[:at] if (x != y).any()]
    upper, lower = np.percentile(squared, (5, 95))
    expected = fit(points, labels, upper=float(upper), lower=float(lower))
    np.testing.assert_array_equal(fit(points, labels).matrix, expected.matrix)
    assert (fit(points, labels, upper=0.5).matrix != expected.matrix).any()


def test_bounds_that_hold_already_leave_the_euclidean_metric() -> None:
    points, labels = drawn()
    np.testing.assert_array_equal(fit(points, labels, upper=1e6, lower=1e-6).matrix, np.eye(5))


def test_order_and_direction_of_pairs_do_not_matter() -> None:
    points, labels = drawn()
    pairs = class_pairs(labels, 100, 0)
    order = np.random.default_rng(0).permutation(len(pairs.same))
    turned = Pairs(pairs.second[order], pairs.first[order], pairs.same[order])
    np.testing.assert_allclose(fit_pairs(points, turned).matrix, fit_pairs(points, pairs).matrix, atol=1e-5)


def test_directions_without_pairs_stay_as_they_are() -> None:
    points, labels = drawn((3, 3), dimension=30)
    unseen = np.linalg.svd(points - points.mean(axis=0))[2][-1]
    np.testing.assert_allclose(fit(points, labels).matrix @ unseen, unseen, atol=1e-6)


def test_drawn_pairs_are_those_of_the_seed() -> None:
    points, labels = drawn()
    first = fit(points, labels, pairs=20).matrix
    np.testing.assert_array_equal(first, fit(points, labels, pairs=20).matrix)
    assert (first != fit(points, labels, pairs=20, seed=1).matrix).any()


def test_pairs_that_are_drawn_are_learned_from_as_if_they_were_given() -> None:
    points, labels = drawn((30, 40, 30), dimension=8)
    pairs = class_pairs(labels, 300, 0)
    exact = matrix_of(fit_pairs(points, pairs, upper=2.0, lower=9.0))
    rough = matrix_of(fit(points, labels, pairs=300, upper=2.0, lower=9.0))
    np.testing.assert_allclose(rough, exact, atol=1e-2 * np.abs(exact).max())


@pytest.mark.parametrize("same", [True, False])
def test_identical_pictures_change_nothing(same: bool) -> None:
    points, labels = drawn()
    pairs = class_pairs(labels, 100, 0)
    points = np.vstack([points, points[:1]])
    twins = Pairs(np.append(pairs.first, 0), np.append(pairs.second, len(labels)), np.append(pairs.same, same))
    np.testing.assert_allclose(
        fit_pairs(points, twins, upper=2.0, lower=9.0).matrix,
        fit_pairs(points, pairs, upper=2.0, lower=9.0).matrix,
        atol=1e-6,
    )


def test_one_kind_of_pairs_suffices() -> None:
    points, labels = drawn()
    pairs = class_pairs(labels, 100, 0)
    for kind in (pairs.same, ~pairs.same):
        metric = fit_pairs(points, Pairs(pairs.first[kind], pairs.second[kind], pairs.same[kind]))
        assert (np.linalg.eigvalsh(metric.matrix) > 0).all()


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        (np.eye(4), np.zeros(4, dtype=int), "one class"),
        (np.eye(2), np.arange(2), "no class has two pictures"),
        (np.full((4, 3), 0.1), np.array([0, 0, 1, 1]), "no pair has two different"),
        (np.array([[1.0, 0], [np.nan, 0]]), np.array([0, 0]), "embedding 1 .* not finite"),
        (np.eye(4), np.zeros(3, dtype=int), "4 embeddings but 3 labels"),
    ],
)
def test_what_itml_cannot_learn_from(points: Points, labels: Labels, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        fit(points, labels)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("option", [{"gamma": 0.0}, {"gamma": np.inf}, {"upper": -1.0}, {"lower": np.nan}])
def test_options_out_of_range(option: dict[str, float]) -> None:
    points, labels = drawn()
    with pytest.raises(UserError, match=f"{next(iter(option))} .* out of range"):
        fit_pairs(points, class_pairs(labels, 10, 0), **option)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="pairs 0"):
        fit(points, labels, pairs=0)


def test_pairs_that_teach_nothing() -> None:
    none = Pairs(np.array([], dtype=np.intp), np.array([], dtype=np.intp), np.array([], dtype=bool))
    with pytest.raises(UserError, match="no pair has two different"):
        fit_pairs(np.eye(4), none)
    contradictory = Pairs(np.array([0, 3, 1]), np.array([1, 2, 0]), np.array([True, False, False]))
    with pytest.raises(UserError, match="rows 0 and 1"):
        fit_pairs(np.eye(4), contradictory)
