"""The miner of multi-similarity loss (Wang et al. 2019)."""

from __future__ import annotations

import torch
from torch import Tensor

from imgsearch.training.tuples import Pairs, all_pairs


class MultiSimilarityMiner:
    """Keep negatives nearer than the farthest positive and positives farther than the nearest negative, within ε."""

    def __init__(self, epsilon: float = 0.1) -> None:
        self.epsilon = epsilon

    @torch.no_grad()
    def __call__(self, embeddings: Tensor, labels: Tensor) -> Pairs:
        """Embeddings (n, d) unit rows, labels (n,) → kept pairs.

        An anchor without positives or without negatives keeps none.
        """
        similarity = embeddings @ embeddings.T
        positive, negative = all_pairs(labels)
        farthest_positive = similarity.masked_fill(~positive, float("inf")).amin(dim=1, keepdim=True)
        nearest_negative = similarity.masked_fill(~negative, float("-inf")).amax(dim=1, keepdim=True)
        return Pairs(
            positive & (similarity < nearest_negative + self.epsilon),
            negative & (similarity > farthest_positive - self.epsilon),
        )
