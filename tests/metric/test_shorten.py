"""A linear metric onto its principal components."""

from __future__ import annotations

import numpy as np
import pytest

from imgsearch.errors import UserError
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.shorten import shorten


def test_the_shortened_metric_maps_onto_scikit_learns_principal_components() -> None:
    from sklearn.decomposition import PCA

    generator = np.random.default_rng(0)
    points = generator.normal(size=(60, 6)) * [5, 4, 3, 2, 1, 0.5]
    metric = LinearMetric.centred(generator.normal(size=(5, 6)), points.mean(axis=0))
    mapped = points @ metric.matrix.T.astype(np.float64) + metric.offset
    short = shorten(metric, points, 3)
    ours = points @ short.matrix.T.astype(np.float64) + short.offset
    theirs = PCA(3).fit_transform(mapped) + 0.0
    for column in range(3):
        assert abs(np.corrcoef(ours[:, column], theirs[:, column])[0, 1]) > 1 - 1e-6
    assert np.allclose(ours.var(axis=0), theirs.var(axis=0), rtol=1e-4)


def test_with_all_its_rows_all_similarities_stay() -> None:
    generator = np.random.default_rng(1)
    points = generator.normal(size=(20, 4))
    metric = LinearMetric.centred(generator.normal(size=(4, 4)), points.mean(axis=0))
    before, after = metric.transform(points), shorten(metric, points, 4).transform(points)
    assert np.allclose(before @ before.T, after @ after.T, atol=1e-5)


@pytest.mark.parametrize("dimension", [0, 5])
def test_dimensions_that_the_metric_does_not_have_are_refused(dimension: int) -> None:
    metric = LinearMetric.centred(np.eye(4), np.zeros(4))
    with pytest.raises(UserError, match="give at most 4"):
        shorten(metric, np.eye(4), dimension)
