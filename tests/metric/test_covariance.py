from __future__ import annotations

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf
from sklearn.covariance import shrunk_covariance as sklearn_shrunk_covariance

from imgsearch.errors import UserError
from imgsearch.metric.covariance import ledoit_wolf_shrinkage, shrunk_covariance


@pytest.mark.parametrize("shape", [(200, 6), (8, 30), (3, 2), (40, 1)])
def test_scikit_learn_agrees(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=shape) * rng.uniform(0.1, 3, shape[1])
    centred = points - points.mean(axis=0)
    expected, shrinkage = ledoit_wolf(centred, assume_centered=True)
    if shape[1] > 1:  # one dimension cannot be shrunk: any number is right, and scikit-learn says 0
        assert ledoit_wolf_shrinkage(centred) == pytest.approx(shrinkage)
    np.testing.assert_allclose(shrunk_covariance(centred, "auto"), expected, atol=1e-12)
    empirical = centred.T @ centred / len(centred)
    for fixed in (0.0, 0.3, 1.0):
        expected = sklearn_shrunk_covariance(empirical, fixed)
        np.testing.assert_allclose(shrunk_covariance(centred, fixed), expected, atol=1e-12)


def test_ledoit_wolf_against_loops() -> None:
    centred = np.random.default_rng(1).normal(size=(5, 3))
    covariance = sum(np.outer(row, row) for row in centred) / 5
    target = np.eye(3) * np.trace(covariance) / 3
    distance = np.sum((covariance - target) ** 2)
    variance = sum(np.sum((np.outer(row, row) - covariance) ** 2) for row in centred) / 5**2
    assert ledoit_wolf_shrinkage(centred) == pytest.approx(min(variance, distance) / distance)


def test_round_covariance_needs_no_shrinkage() -> None:
    assert ledoit_wolf_shrinkage(np.zeros((4, 3))) == 0
    assert ledoit_wolf_shrinkage(np.vstack([np.eye(2), -np.eye(2)])) == 0


@pytest.mark.parametrize("shrinkage", [-0.1, 1.1, float("nan")])
def test_shrinkage_out_of_range(shrinkage: float) -> None:
    with pytest.raises(UserError, match="out of range"):
        shrunk_covariance(np.eye(3), shrinkage)
