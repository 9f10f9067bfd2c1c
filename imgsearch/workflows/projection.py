"""Embeddings on a plane, to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError

PERPLEXITY = 30.0
_FEW = 4
"""Points that t-SNE has nothing to say of."""
_ALIKE = 1e-6
"""Deviation from the mean, in one embedding of length 1, that is but rounding."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Points on a plane, and what share of the variance of the embeddings it shows, where that has a meaning."""

    points: NDArray[np.float64]
    """(n, 2), all the same where the embeddings are."""
    explained: float | None = None


def require_projection(method: str) -> None:
    """Refuse what `project` cannot do, before long work.

    Raises:
        UserError: it is not known, or its library is not installed.
    """
    if method not in PROJECTIONS:
        raise UserError(f"--projection {method}: is none of {', '.join(PROJECTIONS)}")
    if method == "tsne" and find_spec("sklearn") is None:
        raise UserError(
            "--projection tsne needs scikit-learn: pip install 'imgsearch[report]', or take --projection pca"
        )


def project(embeddings: NDArray[np.float32], method: str = "pca") -> Projection:
    """Lay embeddings (n, d) on a plane by one of PROJECTIONS; the same ones come to the same points.

    Raises:
        UserError: as `require_projection`.
    """
    require_projection(method)
    return PROJECTIONS[method](embeddings)


def pca(embeddings: NDArray[np.float32]) -> Projection:
    """On their first two principal components (Pearson 1901); each component's largest loading is positive."""
    centred = embeddings.astype(np.float64) - embeddings.mean(axis=0, dtype=np.float64)
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(embeddings), 2))
    if singular[0] <= _ALIKE * len(embeddings) ** 0.5:
        return Projection(points)
    kept = min(2, len(singular))
    signs = np.sign(right[np.arange(kept), np.abs(right[:kept]).argmax(axis=1)])
    points[:, :kept] = left[:, :kept] * singular[:kept] * signs
    return Projection(points, float((singular[:2] ** 2).sum() / (singular**2).sum()))


def tsne(embeddings: NDArray[np.float32]) -> Projection:
    """By t-SNE on cosine distances (van der Maaten and Hinton 2008), started from the principal components."""
    start = pca(embeddings).points
    if len(embeddings) < _FEW or not start.any():
        return Projection(start)
    from sklearn.manifold import TSNE

    start *= 1e-4 / start[:, 0].std()
    model = TSNE(perplexity=min(PERPLEXITY, (len(embeddings) - 1) / 3), init=start, metric="cosine", random_state=0)
    return Projection(np.asarray(model.fit_transform(embeddings), dtype=np.float64))


PROJECTIONS: dict[str, Callable[[NDArray[np.float32]], Projection]] = {"pca": pca, "tsne": tsne}
