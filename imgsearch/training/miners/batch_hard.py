"""Batch-hard mining (Hermans et al. 2017, "In Defense of the Triplet Loss for Person Re-Identification")."""

from __future__ import annotations

import torch
from torch import Tensor

from imgsearch.training.numerics import at_least_single, squared_distances
from imgsearch.training.tuples import Triplets, all_pairs


class BatchHardMiner:
    """For each anchor its farthest positive and its nearest negative.

    An anchor, which is never its own positive, is left out where it has no positive or no negative.
    """

    @torch.no_grad()
    def __call__(self, embeddings: Tensor, labels: Tensor) -> Triplets:
        """Embeddings (n, d) unit rows, labels (n,) → triplets (t,), at most one for each anchor."""
        squares = squared_distances(at_least_single(embeddings))
        pairs = all_pairs(labels)
        positive = squares.masked_fill(~pairs.positive, float("-inf")).argmax(dim=1)
        negative = squares.masked_fill(~pairs.negative, float("inf")).argmin(dim=1)
        (anchor,) = (pairs.positive.any(dim=1) & pairs.negative.any(dim=1)).nonzero(as_tuple=True)
        return Triplets(anchor, positive[anchor], negative[anchor])
