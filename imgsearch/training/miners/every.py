"""No mining: every pair of the batch."""

from __future__ import annotations

from torch import Tensor

from imgsearch.training.pairs import Pairs, all_pairs


class EveryPair:
    """Keep all pairs."""

    def __call__(self, embeddings: Tensor, labels: Tensor) -> Pairs:
        """Labels (n,) → all pairs (n, n)."""
        return all_pairs(labels)
