from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.lda import fit as fit_lda
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.mahalanobis import fit as fit_mahalanobis
from imgsearch.metric.temper import temper

Points = NDArray[np.float64]


def drawn(seed: int = 0, dimension: int = 5) -> tuple[Points, NDArray[np.intp]]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(4), 10)
    return 2 * rng.normal(size=(4, dimension))[labels] + rng.normal(size=(40, dimension)) * [3, 1, 1, 0.5, 0.2], labels


def pairwise(metric: LinearMetric, points: Points) -> Points:
    return metric.distance(points[:20], points[20:])


def test_full_strength_has_the_textbooks_distances_up_to_one_factor() -> None:
    points, labels = drawn()
    for fit in (fit_mahalanobis, fit_lda):
        textbook = fit(points, labels)
        ratio = pairwise(temper(textbook, points.mean(axis=0), 1), points) / pairwise(textbook, points)
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)


def test_no_strength_only_centres() -> None:
    points, labels = drawn()
    for fit in (fit_mahalanobis, fit_lda):
        mild = temper(fit(points, labels), points.mean(axis=0), 0)
        np.testing.assert_allclose(mild.matrix, np.eye(5), atol=1e-6)
        np.testing.assert_allclose(mild.offset, -points.mean(axis=0), rtol=1e-5)


def test_half_strength_of_a_diagonal_metric_by_hand() -> None:
    """L = diag(1, 4): the geometric mean is 2, so L^½ = diag(√(1/2), √(4/2))."""
    metric = LinearMetric.centred(np.diag([1.0, 4.0]), np.zeros(2))
    np.testing.assert_allclose(temper(metric, np.zeros(2), 0.5).matrix, np.diag([0.5**0.5, 2**0.5]), rtol=1e-6)


def test_half_strength_twice_is_the_whole() -> None:
    points, labels = drawn()
    half = temper(fit_mahalanobis(points, labels), points.mean(axis=0), 0.5).matrix.astype(float)
    whole = temper(fit_mahalanobis(points, labels), points.mean(axis=0), 1).matrix
    np.testing.assert_allclose(half @ half, whole, rtol=1e-3, atol=1e-5)


def test_what_lda_has_no_rows_for_fades_with_the_strength() -> None:
    metric = LinearMetric.centred(np.array([[3.0, 0.0]]), np.zeros(2))  # silent in the second dimension
    for strength in (0.0, 0.25, 0.9, 1.0):
        tempered = temper(metric, np.zeros(2), strength).matrix
        np.testing.assert_allclose(tempered, np.diag([1.0, 1.0 - strength]), atol=1e-6)


@pytest.mark.parametrize("strength", [-0.1, 1.5, float("nan")])
def test_a_strength_out_of_range_is_refused(strength: float) -> None:
    with pytest.raises(UserError, match="out of range: 0 leaves the embeddings alone"):
        temper(LinearMetric.centred(np.eye(2), np.zeros(2)), np.zeros(2), strength)
