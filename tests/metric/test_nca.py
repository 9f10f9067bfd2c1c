from __future__ import annotations

from math import exp
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf
from sklearn.neighbors import NeighborhoodComponentsAnalysis

from imgsearch.errors import UserError
from imgsearch.metric import nca
from imgsearch.metric.nca import fit, misplaced
from imgsearch.retrieval import evaluate
from tests.metric.oracle import metric_learns

Points = NDArray[np.float64]
Labels = NDArray[np.intp]


def drawn(sizes: tuple[int, ...] = (12, 9, 6), dimension: int = 4, apart: float = 1.0) -> tuple[Points, Labels]:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return apart * rng.normal(size=(len(sizes), dimension))[labels] + rng.normal(size=(len(labels), dimension)), labels


def share_placed(points: Points, labels: Labels, matrix: Points) -> float:
    """The mean chance of picking one's own class, by loops over the definition."""
    chances = []
    for i, anchor in enumerate(points):
        near = [exp(-float(np.sum((matrix @ (anchor - other)) ** 2))) for other in points]
        own = sum(near[j] for j in range(len(points)) if j != i and labels[j] == labels[i])
        chances.append(own / (sum(near) - near[i]))
    return sum(chances) / len(chances)


def test_the_objective_against_loops() -> None:
    points, labels = drawn()
    matrix = np.random.default_rng(1).normal(size=(4, 4))
    value, _ = misplaced(points, labels, np.arange(len(points)))(matrix)
    assert value == pytest.approx(-share_placed(points, labels, matrix), rel=1e-10)


def test_the_gradient_against_finite_differences() -> None:
    points, labels = drawn((5, 4, 1))
    objective = misplaced(points, labels, np.array([0, 2, 3, 7]))
    matrix = 0.5 * np.random.default_rng(1).normal(size=(4, 4))
    expected = np.zeros((4, 4))
    for place in np.ndindex(4, 4):
        nudge = np.zeros((4, 4))
        nudge[place] = 1e-5
        expected[place] = (objective(matrix + nudge)[0] - objective(matrix - nudge)[0]) / 2e-5
    np.testing.assert_allclose(objective(matrix)[1], expected, atol=1e-9)


def test_objective_and_gradient_are_scikit_learns() -> None:
    points, labels = drawn()
    matrix = np.random.default_rng(1).normal(size=(4, 4))
    oracle = NeighborhoodComponentsAnalysis()
    oracle.n_iter_ = 0
    same = labels[:, np.newaxis] == labels
    loss, slope = oracle._loss_grad_lbfgs(matrix, points, same, -1.0)
    value, gradient = misplaced(points, labels, np.arange(len(points)))(matrix)
    assert value == pytest.approx(loss / len(points))
    np.testing.assert_allclose(gradient, slope.reshape(4, 4) / len(points), atol=1e-12)


def contradictory() -> tuple[Points, Labels]:
    """Of three pictures in every place one is of another class: to be sure of the nearest is then no use.

    In most other small sets nothing bounds L, and where the ascent gives up is a matter of luck.
    """
    rng = np.random.default_rng(0)
    classes = np.repeat(np.arange(3), 10)
    places = 2 * np.eye(3)[classes] + 0.7 * rng.normal(size=(30, 3))
    labels = np.repeat(classes, 3)
    labels[::3] = (labels[::3] + rng.integers(1, 3, size=30)) % 3
    return np.repeat(places, 3, axis=0), labels


def learned(points: Points, labels: Labels) -> Points:
    """M = LᵀL without penalty, to the end."""
    matrix = fit(points, labels, penalty=0, iterations=500, tolerance=1e-12).matrix.astype(np.float64)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-6)
    squared: Points = matrix.T @ matrix
    return squared


def test_scikit_learn_ends_at_the_same_maximum() -> None:
    points, labels = contradictory()
    oracle = NeighborhoodComponentsAnalysis(init="identity", tol=1e-10, max_iter=500).fit(points, labels)
    np.testing.assert_allclose(learned(points, labels), oracle.components_.T @ oracle.components_, atol=1e-3)


def test_metric_learn_ends_at_the_same_maximum() -> None:
    points, labels = contradictory()
    theirs = metric_learns("NCA", points, labels, init="identity", tol=1e-10, max_iter=500)
    np.testing.assert_allclose(learned(points, labels), theirs, atol=1e-3)


def test_with_its_penalty_it_ends_at_a_maximum_too() -> None:
    points, labels = drawn()
    covariance = ledoit_wolf(points)[0]
    matrix = fit(points, labels, penalty=0.05, iterations=500, tolerance=1e-12).matrix.astype(np.float64)

    def objective(candidate: Points) -> float:
        spread = float(np.trace(candidate @ covariance @ candidate.T))
        return share_placed(points, labels, candidate) - 0.05 * spread

    best = objective(matrix)
    rng = np.random.default_rng(1)
    for _ in range(10):
        nudge = 0.03 * rng.normal(size=(4, 4))
        assert objective(matrix + nudge) < best
        assert objective(matrix - nudge) < best


def test_the_penalty_makes_it_hold_for_other_pictures() -> None:
    points, labels = drawn((40,) * 6, dimension=30)
    points[:, 0] *= 6  # loud, and says little
    fitted = np.arange(len(labels)) % 2 == 0

    def quality(penalty: float) -> float:
        metric = fit(points[fitted], labels[fitted], penalty=penalty)
        return evaluate(metric.transform(points[~fitted]), labels[~fitted]).metrics["map_at_r"]

    assert quality(0.01) > 1.2 * quality(0)


def test_a_start_that_makes_each_picture_pick_among_a_few() -> None:
    rng = np.random.default_rng(0)
    for dimension in (10, 100):
        points = rng.normal(size=(200, dimension))
        points /= nca._unit(points, np.arange(200))
        distances = np.sum((points[:, np.newaxis] - points) ** 2, axis=2)
        np.fill_diagonal(distances, np.inf)
        ordered = np.sort(distances, axis=1)
        assert np.mean(ordered[:, 9] - ordered[:, 0]) == pytest.approx(7)
        chances = np.exp(ordered[:, :1] - ordered[:, :-1])
        chances /= chances.sum(axis=1, keepdims=True)
        assert 2 < np.exp(-np.sum(chances * np.log(chances), axis=1)).mean() < 6


@pytest.mark.parametrize("points", [np.eye(12), np.repeat(drawn((6, 6))[0], 15, axis=0)[:120]])
def test_pictures_all_equally_near_have_a_start_too(points: Points) -> None:
    assert 0 < nca._unit(points - points.mean(axis=0), np.arange(len(points))) < 1
    assert np.abs(fit(points, np.arange(len(points)) % 3).matrix).max() < 1e3


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    points, labels = drawn()
    whole = fit(points, labels).matrix
    monkeypatch.setattr(nca, "_BLOCK", 4)
    np.testing.assert_allclose(fit(points, labels).matrix, whole, rtol=1e-3, atol=1e-4)


def test_a_part_drawn_by_its_seed_learns_nearly_the_same() -> None:
    points, labels = drawn((100,) * 4, dimension=5)
    fitted = np.arange(len(labels)) % 2 == 0

    def quality(anchors: int, seed: int) -> float:
        metric = fit(points[fitted], labels[fitted], anchors=anchors, seed=seed)
        return evaluate(metric.transform(points[~fitted]), labels[~fitted]).metrics["map_at_r"]

    assert quality(100, seed=0) == quality(100, seed=0) != quality(100, seed=1)
    assert quality(100, seed=0) > 0.8 * quality(2000, seed=0)


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        (np.eye(4), np.zeros(4, dtype=int), "one class"),
        (np.eye(4), np.arange(4), "no class has two pictures"),
        (np.full((4, 3), 0.1), np.array([0, 0, 1, 1]), "all embeddings are the same"),
        (np.zeros((4, 3)), np.array([0, 0, 1, 1]), "all embeddings are the same"),
        (np.array([[1.0, 0], [np.nan, 0]]), np.array([0, 0]), "embedding 1 .* not finite"),
        (np.eye(4), np.zeros(3, dtype=int), "4 embeddings but 3 labels"),
    ],
)
def test_what_nca_cannot_learn_from(points: Points, labels: Labels, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        fit(points, labels)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "options",
    [{"penalty": -0.1}, {"penalty": float("nan")}, {"iterations": 0}, {"tolerance": -1.0}, {"anchors": 0}],
)
def test_options_out_of_range(options: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=f"{next(iter(options))} .* out of range: choose at least"):
        fit(*drawn(), **options)


def test_the_smallest_set_there_is() -> None:
    metric = fit(np.array([[0.0, 0], [1, 0], [0, 1]]), np.array([0, 0, 1]))
    assert np.isfinite(metric.to_affine()).all()
