from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf

from imgsearch.errors import UserError
from imgsearch.metric.pairs import Pairs
from imgsearch.metric.rca import fit, fit_pairs
from tests.metric.oracle import metric_learns

Points = NDArray[np.float64]
Labels = NDArray[np.intp]


def drawn(sizes: tuple[int, ...] = (20, 12, 7, 15), dimension: int = 5) -> tuple[Points, Labels]:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    noise = rng.normal(size=(len(labels), dimension)) @ rng.normal(size=(dimension, dimension))
    return 2 * rng.normal(size=(len(sizes), dimension))[labels] + noise, labels


def pairs(*rows: tuple[int, int, bool]) -> Pairs:
    first, second, same = zip(*rows, strict=True)
    return Pairs(np.array(first), np.array(second), np.array(same))


def squared(matrix: NDArray[np.float32]) -> Points:
    """M = LᵀL."""
    product: Points = matrix.T.astype(np.float64) @ matrix
    return product


def test_metric_learn_agrees() -> None:
    points, labels = drawn()
    learned = squared(fit(points, labels, shrinkage=0.0).matrix)
    np.testing.assert_allclose(learned, metric_learns("RCA", points, labels), rtol=1e-4, atol=1e-5)


def test_against_loops() -> None:
    points, labels = drawn()
    covariance = np.zeros((5, 5))
    for point, label in zip(points, labels, strict=True):
        mean = sum(other for other, its in zip(points, labels, strict=True) if its == label) / sum(labels == label)
        covariance += np.outer(point - mean, point - mean) / len(points)
    np.testing.assert_allclose(
        squared(fit(points, labels, shrinkage=0.0).matrix), np.linalg.inv(covariance), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("dimension", [5, 80])
def test_automatic_shrinkage_is_ledoit_wolfs_of_the_residuals(dimension: int) -> None:
    points, labels = drawn(dimension=dimension)
    residuals = points - np.stack([points[labels == label].mean(axis=0) for label in labels])
    within = ledoit_wolf(residuals, assume_centered=True)[0]
    matrix = fit(points, labels).matrix
    np.testing.assert_allclose(matrix @ within @ matrix.T, np.eye(dimension), atol=1e-4)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-5)


def test_an_example_by_hand() -> None:
    # Within classes ±1 along x, ±½ along y, of four pictures each: variances ½ and 1/8, L = diag(√2, √8). The class
    # means, 10 apart, say nothing.
    points = np.array([[1.0, 0], [-1, 0], [1, 0], [-1, 0], [10, 0.5], [10, -0.5], [10, 0.5], [10, -0.5]])
    metric = fit(points, np.repeat([0, 1], 4), shrinkage=0.0)
    np.testing.assert_allclose(metric.matrix, np.diag([2**0.5, 8**0.5]), atol=1e-5)


def test_a_class_of_one_changes_no_distance() -> None:
    points, labels = drawn()
    extended = fit(np.vstack([points, points[:1] + 50]), np.append(labels, 9)).matrix
    np.testing.assert_allclose(extended, fit(points, labels).matrix, rtol=1e-5)


def test_chunklets_are_what_pairs_join() -> None:
    points, labels = drawn((4, 3, 1, 2))
    # a chain out of order, a star, nobody, a pair told twice; what differs is not used
    told = pairs(
        (3, 1, True), (0, 2, True), (1, 2, True), (5, 4, True), (5, 6, True), (8, 9, True), (9, 8, True), (0, 7, False)
    )
    np.testing.assert_array_equal(fit_pairs(points, told).to_affine(), fit(points, labels).to_affine())


def test_all_pairs_of_a_class_say_no_more_than_a_chain() -> None:
    points, labels = drawn()
    rows = [(i, j, bool(labels[i] == labels[j])) for i in range(len(labels)) for j in range(i)]
    metric = fit_pairs(points, pairs(*rows))
    np.testing.assert_array_equal(metric.to_affine(), fit(points, labels).to_affine())


def test_a_long_chain_of_pairs() -> None:
    points = np.random.default_rng(0).normal(size=(5000, 3))
    rows = np.arange(4999)
    chain = Pairs(rows, rows + 1, np.ones(4999, dtype=bool))
    covariance = np.cov(points.T, bias=True)
    np.testing.assert_allclose(
        squared(fit_pairs(points, chain, shrinkage=0.0).matrix), np.linalg.inv(covariance), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        (np.eye(4), np.zeros(4, dtype=int), "one class"),
        (np.eye(4), np.arange(4), "no class has two pictures"),
        (np.full((4, 3), 0.1), np.array([0, 0, 1, 1]), "no two pictures of the same class differ"),
        (np.eye(2)[[0, 0, 1, 1]] * 0.1, np.array([0, 0, 1, 1]), "no two pictures of the same class differ"),
        (np.array([[1.0, 0], [np.nan, 0]]), np.array([0, 0]), "embedding 1 .* not finite"),
        (np.eye(4), np.zeros(3, dtype=int), "4 embeddings but 3 labels"),
        (np.eye(3), np.array([0, 0, 1]), "singular"),  # one pair: nothing to estimate shrinkage from
    ],
)
def test_what_rca_cannot_learn_from(points: Points, labels: Labels, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        fit(points, labels)
    assert "\n" not in str(raised.value)


def test_pairs_that_rca_cannot_learn_from() -> None:
    points, _ = drawn()
    with pytest.raises(UserError, match="no pair is marked as same"):
        fit_pairs(points, pairs((0, 1, False)))
    with pytest.raises(UserError, match="no pair is marked as same"):
        fit_pairs(points, Pairs(np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros(0, dtype=bool)))
    with pytest.raises(UserError, match=r"rows 0 and 54 .* but there are 54 embeddings"):
        fit_pairs(points, pairs((0, 54, True)))
    with pytest.raises(UserError, match=r"rows [01] and [01] .* both as same and as different"):
        fit_pairs(points, pairs((0, 1, False), (1, 0, True)))
    points[3] = np.nan
    with pytest.raises(UserError, match=r"embedding 3 .* not finite"):
        fit_pairs(points, pairs((0, 1, True)))
