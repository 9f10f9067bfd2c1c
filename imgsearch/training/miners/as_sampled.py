"""No mining: the triplets as which the sampler made the batch (offline mining)."""

from __future__ import annotations

import torch
from torch import Tensor

from imgsearch.training.tuples import Triplets


class AsSampled:
    """Take the batch as consecutive triplets of anchor, positive and negative.

    Those whose labels do not fit, and one or two pictures left at the end, are left out.
    """

    def __call__(self, embeddings: Tensor, labels: Tensor) -> Triplets:
        """Labels (n,) → at most n/3 triplets."""
        anchor = 3 * torch.arange(len(labels) // 3, device=labels.device)
        of_anchor, of_positive, of_negative = labels[anchor], labels[anchor + 1], labels[anchor + 2]
        anchor = anchor[(of_anchor == of_positive) & (of_anchor != of_negative)]
        return Triplets(anchor, anchor + 1, anchor + 2)
