from __future__ import annotations

import numpy as np

from imgsearch.metric.registry import LINEAR_METRICS
from tests.benchmarks.fit_times import ALLOWED, labelled


def test_every_metric_has_its_time() -> None:
    assert set(ALLOWED) == set(LINEAR_METRICS) - {"whitening"}  # which is another name of mahalanobis


def test_classes_are_as_many_and_as_large_as_asked_for() -> None:
    embeddings, labels = labelled(pictures=60, dimension=8, classes=5)
    assert embeddings.shape == (60, 8) and np.bincount(labels).tolist() == [12] * 5
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)
