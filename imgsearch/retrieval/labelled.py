"""What every consumer of labelled embeddings demands of them before it computes anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError

_LENGTH_TOLERANCE = 1e-2  # float16 storage and a last rounding leave unit rows well within it


def class_indices(labels: NDArray[np.integer]) -> NDArray[np.intp]:
    """Labels (n,), any integers, renamed to 0 … C−1; TypeError for anything but a flat array of integers."""
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"labels must be a flat array of integers, not {labels.ndim}-d {labels.dtype}")
    classes: NDArray[np.intp] = np.unique(labels, return_inverse=True)[1]
    return classes


def checked(embeddings: NDArray[np.floating], labels: NDArray[np.integer]) -> NDArray[np.intp]:
    """The classes 0 … C−1 of embeddings (n, d) with labels (n,).

    UserError where the two differ in length, an embedding is not finite, or no class has two members: neither can a
    query be answered nor a scatter within classes be measured without such a pair. TypeError for wrong dimensions.
    """
    if embeddings.ndim != 2:
        raise TypeError(f"embeddings must be a matrix (n, d), not {embeddings.ndim}-d")
    classes = class_indices(labels)
    if len(embeddings) != len(classes):
        raise UserError(f"{len(embeddings)} embeddings but {len(classes)} labels: give each embedding one label")
    check_finite(embeddings)
    require_a_pair(classes)
    return classes


def check_finite(embeddings: NDArray[np.floating]) -> None:
    """UserError for an embedding among (n, d) that is not finite."""
    broken = np.flatnonzero(~np.isfinite(embeddings).all(axis=1))
    if len(broken):
        raise UserError(f"embedding {broken[0]} (counted from 0) is not finite: embed its picture again")


def check_normalised(embeddings: NDArray[np.floating]) -> None:
    """UserError for a row (n, d) whose length is neither 1 nor 0."""
    lengths = np.linalg.norm(embeddings, axis=1)
    odd = np.flatnonzero((lengths > 0) & (np.abs(lengths - 1) > _LENGTH_TOLERANCE))
    if len(odd):
        raise UserError(f"embedding {odd[0]} (counted from 0) has length {lengths[odd[0]]:.3g}: L2-normalise it first")


def require_a_pair(classes: NDArray[np.intp]) -> None:
    """UserError unless some class among (n,) classes 0 … C−1 has two members."""
    if np.bincount(classes, minlength=1).max() < 2:
        raise UserError(f"no class has two pictures ({len(classes)} in all): give at least one class a second picture")
