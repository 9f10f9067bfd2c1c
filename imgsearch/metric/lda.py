"""Fisher's linear discriminant analysis: the directions in which classes lie far apart for how wide they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.covariance import Shrinkage, shrunk_covariance
from imgsearch.metric.linear import LinearMetric
from imgsearch.retrieval.labelled import checked

_NEGLIGIBLE = 1e-12  # of float64, after the few roundings that this takes


def fit(
    embeddings: NDArray[np.floating],
    labels: NDArray[np.integer],
    *,
    shrinkage: Shrinkage = "auto",
    weighted: bool = True,
    dimensions: int | None = None,
) -> LinearMetric:
    """The rows w of L solve S_b·w = λ·S_w·w with wᵀ·S_w·w = 1, greatest λ first (Fisher 1936, Rao 1948).

    Takes embeddings (n, d), n ≤ d included, and labels (n,), any integers. S_w is the covariance of the embeddings less
    their class means, over the classes with two members or more, shrunk by `shrinkage`. S_b is the covariance of the
    class means, each weighted by its class's size, or all equally with `weighted=False`. `dimensions` rows are kept;
    None keeps all, at most min(C − 1, d), since S_b has no higher rank. Embeddings are centred at the weighted mean.

    scikit-learn's solvers coincide in part. Without shrinkage `solver="eigen"` has the same rows up to their signs.
    With it, "eigen" takes for S_b the difference of the shrunk total and the shrunk S_w, which has full rank; "lsqr",
    which needs no S_b, spans the same subspace as ours. Its "auto" estimates each class's shrinkage alone, after
    scaling each feature to unit variance: that leaves nothing of a class of one and depends on the axes, while
    distances ought not to change when all embeddings are rotated. Ours is scikit-learn's `ledoit_wolf` of all pictures
    less their class means.

    Raises UserError where lengths differ, an embedding is not finite, there is one class, no class has two members, no
    class varies, no two class means differ, S_w is singular, or an option is out of its range.
    """
    classes = checked(embeddings, labels)
    sizes = np.bincount(classes)
    if len(sizes) < 2:
        raise UserError("all pictures are of one class: give LDA a second class to tell it from")
    points = embeddings.astype(np.float64)
    means = _class_means(points, classes)
    residuals = (points - means[classes])[sizes[classes] > 1]
    if np.abs(residuals).max() <= _NEGLIGIBLE * np.abs(points).max():
        raise UserError("no class has two different pictures: give LDA some variation within a class to measure")
    whitening = _whitening(shrunk_covariance(residuals, shrinkage))

    weights = sizes / len(points) if weighted else np.full(len(sizes), 1 / len(sizes))
    centre = weights @ means
    spread = np.sqrt(weights)[:, np.newaxis] * (means - centre) @ whitening.T
    eigenvalues, directions = np.linalg.eigh(spread.T @ spread)
    kept = _kept(eigenvalues[::-1][: len(sizes) - 1], dimensions)
    return LinearMetric.centred(directions[:, ::-1][:, :kept].T @ whitening, centre)


def _class_means(points: NDArray[np.float64], classes: NDArray[np.intp]) -> NDArray[np.float64]:
    sizes = np.bincount(classes)
    by_class = points[np.argsort(classes, kind="stable")]
    return np.add.reduceat(by_class, np.cumsum(sizes) - sizes, axis=0) / sizes[:, np.newaxis]


def _whitening(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """W (d, d) with W·S·Wᵀ = I, the inverse of S's Cholesky factor."""
    variances = np.linalg.eigvalsh(covariance)
    if variances[0] <= _NEGLIGIBLE * variances[-1]:
        raise UserError("the within-class covariance is singular: give LDA more shrinkage, or more pictures")
    return np.linalg.inv(np.linalg.cholesky(covariance))


def _kept(eigenvalues: NDArray[np.float64], dimensions: int | None) -> int:
    rank = int(np.count_nonzero(eigenvalues > _NEGLIGIBLE * max(1.0, float(eigenvalues[0]))))
    if rank == 0:
        raise UserError("all classes have the same mean embedding: LDA has nothing to tell them apart by")
    if dimensions is not None and not 1 <= dimensions <= rank:
        raise UserError(f"dimensions {dimensions} is out of range: these classes give LDA 1 to {rank}")
    return rank if dimensions is None else dimensions
