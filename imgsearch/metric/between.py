"""What tells classes apart, made louder: the between-class half of Fisher's criterion (1936) as a metric of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.covariance import Shrinkage, shrunk_covariance
from imgsearch.metric.linear import LinearMetric
from imgsearch.retrieval.labelled import checked

_NEGLIGIBLE = 1e-12  # of float64, after the few roundings that this takes


def fit(embeddings: NDArray[np.floating], labels: NDArray[np.integer], *, shrinkage: Shrinkage = 0.3) -> LinearMetric:
    """L = S_b^½ (d, d), symmetric, where S_b is the covariance of the class means of embeddings (n, d), shrunk.

    By itself it is far too steep; it is made to follow a within-class metric such as RCA at a small strength, see
    `imgsearch.metric.recipe`. All classes of the labels (n,) count the same. Shrinkage keeps what no two of the few
    class means tell apart from being silenced.

    Raises UserError where lengths differ, an embedding is not finite, there is one class, no class has two members, no
    two class means differ, or `shrinkage` is out of its range.
    """
    classes = checked(embeddings, labels)
    if classes.max() == 0:
        raise UserError("all pictures are of one class: give a second class to tell it from")
    points = embeddings.astype(np.float64)
    means = np.stack([points[classes == label].mean(axis=0) for label in range(classes.max() + 1)])
    spread = means - points.mean(axis=0)
    if np.abs(means - means[0]).max() <= _NEGLIGIBLE * np.abs(points).max():
        raise UserError("all classes have the same mean embedding: there is nothing to tell them apart by")
    variances, directions = np.linalg.eigh(shrunk_covariance(spread, shrinkage))
    root = directions * np.sqrt(np.maximum(variances, 0.0)) @ directions.T
    return LinearMetric.centred(root, points.mean(axis=0))
