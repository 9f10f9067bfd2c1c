"""An order of pictures that their embeddings alone decide, so that drawing by lot does not depend on file names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.exact import exact_rows


def canonical_order(embeddings: NDArray[np.floating]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The rows (n,) of embeddings (n, d), none longer than 1, in an order of their values; and each one's rank (n,).

    Equal rows, after `exact_rows`, have the same rank.
    """
    rows = np.ascontiguousarray(exact_rows(embeddings))
    rows = rows if rows.shape[1] else np.zeros((len(rows), 1))
    whole = rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel()
    ranks = np.unique(whole, return_inverse=True)[1].reshape(len(rows))
    return np.argsort(ranks, kind="stable"), ranks


def canonical_classes(classes: NDArray[np.intp], ranks: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """The members of each of the classes (n,), 0 to C − 1, by rank (n,); classes in an order of their members' ranks.

    Classes that are in an arbitrary order have members of the same ranks.
    """
    order = np.lexsort((ranks, classes))
    members = np.split(order, np.cumsum(np.bincount(classes))[:-1])
    return sorted(members, key=lambda rows: ranks[rows].tolist())
