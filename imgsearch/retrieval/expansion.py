"""Query expansion: what was found first helps to ask again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ALPHA = 3.0


def expanded(query: NDArray[np.float32], neighbours: NDArray[np.float32], alpha: float = ALPHA) -> NDArray[np.float32]:
    """The query (d,) and its nearest neighbours (n, d), unit vectors all, as one unit vector.

    Each neighbour counts by its similarity to the query to the power of `alpha`, a dissimilar one not at all; with 0,
    all count alike. Radenović, Tolias and Chum, "Fine-tuning CNN Image Retrieval with No Human Annotation", 2019.
    """
    wide = neighbours.astype(np.float64)
    weights = np.maximum(wide @ query, 0.0) ** alpha
    total = query + weights @ wide
    length = np.linalg.norm(total)
    unit: NDArray[np.float32] = (total / length if length > 0 else total).astype(np.float32)
    return unit


def all_expanded(embeddings: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Each of the unit vectors (n, d) expanded by its `count` nearest among the others; equally near ones by index."""
    rows = np.empty_like(embeddings)
    for number, query in enumerate(embeddings):
        similarities = embeddings @ query
        similarities[number] = -np.inf
        rows[number] = expanded(query, embeddings[np.argsort(-similarities, kind="stable")[:count]])
    return rows
