"""No mining: every pair, and so every triplet, of the batch (Hermans et al. 2017, "batch all")."""

from __future__ import annotations

from torch import Tensor

from imgsearch.training.tuples import Pairs, all_pairs


class BatchAll:
    """Keep all pairs."""

    def __call__(self, embeddings: Tensor, labels: Tensor) -> Pairs:
        """Labels (n,) → all pairs (n, n)."""
        return all_pairs(labels)
