from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from imgsearch.errors import UserError
from imgsearch.metric.lda import fit

Points = NDArray[np.float64]
Labels = NDArray[np.intp]

SIZES = (30, 12, 7, 20)


def drawn(sizes: tuple[int, ...] = SIZES, dimension: int = 6, seed: int = 0) -> tuple[Points, Labels]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    means = 2 * rng.normal(size=(len(sizes), dimension))
    noise = rng.normal(size=(len(labels), dimension)) @ rng.normal(size=(dimension, dimension))
    return means[labels] + noise, labels


def residuals(points: Points, labels: Labels) -> Points:
    means: Points = np.stack([points[labels == label].mean(axis=0) for label in labels])
    return points - means


def projector(rows: NDArray[np.floating]) -> Points:
    """The orthogonal projection onto the span of the rows, which is the same for every basis of it."""
    projection: Points = np.linalg.pinv(rows) @ rows
    return projection


class Fixed:
    """A covariance estimator for scikit-learn that knows the answer."""

    def __init__(self, covariance: Points) -> None:
        self.covariance_ = covariance

    def fit(self, points: Points) -> Fixed:
        return self


def test_unshrunk_rows_are_scikit_learns_up_to_sign() -> None:
    points, labels = drawn()
    oracle = LinearDiscriminantAnalysis(solver="eigen", shrinkage=None).fit(points, labels)
    expected = oracle.scalings_[:, :3].T
    matrix = fit(points, labels, shrinkage=0.0).matrix
    signs = np.sign(np.sum(matrix * expected, axis=1, keepdims=True))
    np.testing.assert_allclose(signs * matrix, expected, atol=1e-5)


@pytest.mark.parametrize("dimension", [6, 40, 200])
def test_shrunk_subspace_is_scikit_learns(dimension: int) -> None:
    points, labels = drawn(dimension=dimension)
    oracle = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.4).fit(points, labels)
    expected = projector(oracle.coef_ - oracle.coef_.mean(axis=0))
    np.testing.assert_allclose(projector(fit(points, labels, shrinkage=0.4).matrix), expected, atol=1e-5)


@pytest.mark.parametrize("dimension", [6, 40, 200])
def test_automatic_shrinkage_is_ledoit_wolfs_of_the_residuals(dimension: int) -> None:
    points, labels = drawn(dimension=dimension)
    within = ledoit_wolf(residuals(points, labels), assume_centered=True)[0]
    oracle = LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=Fixed(within)).fit(points, labels)
    expected = projector(oracle.coef_ - oracle.coef_.mean(axis=0))
    matrix = fit(points, labels).matrix
    np.testing.assert_allclose(projector(matrix), expected, atol=1e-5)
    np.testing.assert_allclose(matrix @ within @ matrix.T, np.eye(3), atol=1e-4)


@pytest.mark.parametrize("weighted", [True, False])
def test_rows_solve_the_eigenproblem(weighted: bool) -> None:
    points, labels = drawn()
    within = ledoit_wolf(residuals(points, labels), assume_centered=True)[0]
    shares = [size / len(labels) if weighted else 1 / len(SIZES) for size in SIZES]
    means = [points[labels == label].mean(axis=0) for label in range(len(SIZES))]
    centre = sum(share * mean for share, mean in zip(shares, means, strict=True))
    between = sum(share * np.outer(mean - centre, mean - centre) for share, mean in zip(shares, means, strict=True))
    metric = fit(points, labels, weighted=weighted)
    matrix = metric.matrix.astype(np.float64)
    eigenvalues = np.diag(matrix @ between @ matrix.T)
    assert (np.diff(eigenvalues) < 0).all()
    np.testing.assert_allclose(between @ matrix.T, within @ matrix.T * eigenvalues, atol=1e-4 * np.abs(between).max())
    np.testing.assert_allclose(metric.offset, -matrix @ centre, atol=1e-4)


def test_weights_of_equal_classes_do_not_matter() -> None:
    points, labels = drawn((9, 9, 9))
    np.testing.assert_allclose(fit(points, labels).matrix, fit(points, labels, weighted=False).matrix, atol=1e-5)


def test_dimensions() -> None:
    points, labels = drawn()
    whole = fit(points, labels).matrix
    assert whole.shape == (3, 6)
    np.testing.assert_array_equal(fit(points, labels, dimensions=2).matrix, whole[:2])
    assert fit(*drawn((5, 5, 5, 5, 5), dimension=2)).matrix.shape == (2, 2)
    for dimensions in (0, 4):
        with pytest.raises(UserError, match="1 to 3"):
            fit(points, labels, dimensions=dimensions)


def test_classes_of_one_say_nothing_about_the_width_of_classes() -> None:
    points, labels = drawn()
    extended = np.vstack([points, points[:2] + 1]), np.append(labels, [7, 8])
    matrix = fit(*extended).matrix
    within = ledoit_wolf(residuals(points, labels), assume_centered=True)[0]
    np.testing.assert_allclose(matrix @ within @ matrix.T, np.eye(len(matrix)), atol=1e-4)


def test_a_constant_dimension_needs_shrinkage() -> None:
    points, labels = drawn()
    points[:, 2] = 0.5
    assert fit(points, labels).matrix.shape == (3, 6)
    with pytest.raises(UserError, match="singular: give LDA more shrinkage"):
        fit(points, labels, shrinkage=0.0)


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        (np.eye(4), np.zeros(4, dtype=int), "one class"),
        (np.eye(4), np.arange(4), "no class has two pictures"),
        (np.full((4, 3), 0.1), np.array([0, 0, 1, 1]), "no class has two different pictures"),
        (np.eye(2)[[0, 0, 1, 1]] * 0.1, np.array([0, 0, 1, 1]), "no class has two different pictures"),
        (np.zeros((4, 3)), np.array([0, 0, 1, 1]), "no class has two different pictures"),
        (np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]]), np.array([0, 0, 1, 1]), "same mean"),
        (np.array([[1.0, 0], [np.nan, 0]]), np.array([0, 0]), "embedding 1 .* not finite"),
        (np.eye(4), np.zeros(3, dtype=int), "4 embeddings but 3 labels"),
        (np.eye(3), np.array([0, 0, 1]), "singular"),  # one pair: nothing to estimate shrinkage from
    ],
)
def test_what_lda_cannot_learn_from(points: Points, labels: Labels, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        fit(points, labels)
    assert "\n" not in str(raised.value)
