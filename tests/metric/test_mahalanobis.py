from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.covariance import EmpiricalCovariance, LedoitWolf

from imgsearch.errors import UserError
from imgsearch.metric.mahalanobis import fit, inverse_root

Points = NDArray[np.float64]


def drawn(count: int = 60, dimension: int = 5) -> tuple[Points, NDArray[np.intp]]:
    rng = np.random.default_rng(0)
    points = 3 + rng.normal(size=(count, dimension)) @ rng.normal(size=(dimension, dimension))
    return points, np.arange(count) % 3


@pytest.mark.parametrize("shape", [(60, 5), (12, 30)])
def test_distances_from_the_mean_are_scikit_learns(shape: tuple[int, int]) -> None:
    points, labels = drawn(*shape)
    metric = fit(points, labels)
    distances = metric.distance(points, np.broadcast_to(points.mean(axis=0), points.shape))
    np.testing.assert_allclose(distances**2, LedoitWolf().fit(points).mahalanobis(points), rtol=1e-4)


def test_without_shrinkage_it_is_the_textbooks() -> None:
    points, labels = drawn()
    metric = fit(points, labels, shrinkage=0.0)
    distances = metric.distance(points, np.broadcast_to(points.mean(axis=0), points.shape))
    np.testing.assert_allclose(distances**2, EmpiricalCovariance().fit(points).mahalanobis(points), rtol=1e-4)


def test_every_direction_varies_equally_afterwards() -> None:
    points, labels = drawn()
    metric = fit(points, labels, shrinkage=0.0)
    mapped = points @ metric.matrix.T + metric.offset
    np.testing.assert_allclose(mapped.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(np.cov(mapped.T, bias=True), np.eye(5), atol=1e-4)


def test_an_example_by_hand() -> None:
    # variances 2²·2/4 = 2 and 1²·2/4 = ½, so that L = diag(2^-½, 2^½)
    metric = fit(np.array([[2.0, 0], [-2, 0], [0, 1], [0, -1]]), np.array([0, 0, 1, 1]), shrinkage=0.0)
    np.testing.assert_allclose(metric.matrix, np.diag([2**-0.5, 2**0.5]), atol=1e-6)


def test_the_matrix_is_symmetric_and_positive() -> None:
    matrix = fit(*drawn()).matrix.astype(np.float64)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-6)
    assert np.linalg.eigvalsh(matrix)[0] > 0


def test_full_shrinkage_leaves_the_directions_as_they_are() -> None:
    points, labels = drawn()
    matrix = fit(points, labels, shrinkage=1.0).matrix
    np.testing.assert_allclose(matrix, matrix[0, 0] * np.eye(5), atol=1e-6)


def test_labels_teach_it_nothing() -> None:
    points, labels = drawn()
    others = np.zeros(len(points), dtype=np.intp)
    np.testing.assert_array_equal(fit(points, labels).to_affine(), fit(points, others).to_affine())


def test_inverse_root_undoes_its_argument() -> None:
    factor = np.random.default_rng(0).normal(size=(4, 4))
    root = inverse_root(factor @ factor.T)
    np.testing.assert_allclose(root @ factor @ factor.T @ root, np.eye(4), atol=1e-9)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.full((4, 3), 0.1), "all embeddings are the same"),
        (np.zeros((4, 3)), "all embeddings are the same"),
        (np.array([[1.0, 0, 0], [-1, 0, 0]] * 2), "singular: give more shrinkage"),  # Ledoit–Wolf sees no uncertainty
        (np.array([[1.0, 0], [np.inf, 0], [0, 0], [0, 0]]), "embedding 1 .* not finite"),
        (np.eye(3), "3 embeddings but 4 labels"),
    ],
)
def test_what_whitening_cannot_learn_from(points: Points, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        fit(points, np.array([0, 0, 1, 1]))
    assert "\n" not in str(raised.value)


def test_unshrunk_it_needs_more_pictures_than_dimensions() -> None:
    with pytest.raises(UserError, match="singular: give more shrinkage"):
        fit(*drawn(5, 5), shrinkage=0.0)
