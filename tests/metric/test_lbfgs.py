from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imgsearch.metric.lbfgs import minimise

Array = NDArray[np.float64]


def rosenbrock(point: Array) -> tuple[float, Array]:
    """A narrow, bent valley, (1 − x)² + 100·(y − x²)², lowest at (1, 1)."""
    x, y = point
    slope = np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])
    return float((1 - x) ** 2 + 100 * (y - x**2) ** 2), slope


def test_the_end_of_a_bent_valley_is_found() -> None:
    np.testing.assert_allclose(minimise(rosenbrock, np.array([-1.2, 1.0]), tolerance=1e-12), [1, 1], atol=1e-6)


def test_a_quadratic_bowl_is_solved_in_the_shape_of_its_start() -> None:
    rng = np.random.default_rng(0)
    factor = rng.normal(size=(6, 6))
    curvature, target = factor @ factor.T + 0.1 * np.eye(6), rng.normal(size=6)

    def bowl(matrix: Array) -> tuple[float, Array]:
        away = matrix.ravel() - target
        return float(away @ curvature @ away / 2), (curvature @ away).reshape(matrix.shape)

    found = minimise(bowl, np.zeros((2, 3)), tolerance=1e-14)
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found.ravel(), target, atol=1e-5)


def test_every_further_iteration_ends_lower() -> None:
    start = np.array([-1.2, 1.0])
    values = [rosenbrock(minimise(rosenbrock, start, iterations=count, tolerance=0.0))[0] for count in range(12)]
    assert values[0] == rosenbrock(start)[0]
    assert (np.diff(values) < 0).all()


def test_a_rotated_problem_has_a_rotated_path() -> None:
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]])

    def rotated(point: Array) -> tuple[float, Array]:
        value, gradient = rosenbrock(point @ rotation.T)
        return value, gradient @ rotation

    start = np.array([-1.2, 1.0])
    path = minimise(rosenbrock, start, iterations=8)
    np.testing.assert_allclose(minimise(rotated, start @ rotation, iterations=8), path @ rotation, rtol=1e-9)


def test_a_kink_is_no_obstacle() -> None:
    def folded(point: Array) -> tuple[float, Array]:
        x, y = point
        return float(abs(x) + y**2), np.array([np.sign(x), 2 * y])

    assert folded(minimise(folded, np.array([3.0, -2.0])))[0] < 1e-4


def test_where_the_objective_is_infinite_or_nan_is_too_far() -> None:
    def walled(point: Array) -> tuple[float, Array]:
        x = float(point[0])
        if x <= 0:
            return (np.inf if x < -1 else np.nan), np.full(1, np.nan)
        return x - float(np.log(x)), np.array([1 - 1 / x])  # lowest at 1

    for start in (0.01, 30.0):
        assert minimise(walled, np.array([start]), tolerance=1e-12) == pytest.approx(1, abs=1e-5)


def test_a_minimum_is_left_as_it_is() -> None:
    start = np.array([1.0, 1.0])
    np.testing.assert_array_equal(minimise(rosenbrock, start), start)


def test_a_gradient_that_points_uphill_ends_the_descent_at_its_start() -> None:
    def wrong(point: Array) -> tuple[float, Array]:
        return float(point @ point), -2 * point

    np.testing.assert_array_equal(minimise(wrong, np.array([2.0, 1.0])), [2, 1])


def test_the_start_is_not_written_to() -> None:
    start = np.array([-1.2, 1.0])
    minimise(rosenbrock, start)
    np.testing.assert_array_equal(start, [-1.2, 1.0])
