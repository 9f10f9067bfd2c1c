"""Listwise AP loss (Revaud et al. 2019, "Learning with Average Precision: Training Image Retrieval with a Listwise
Loss")."""

from __future__ import annotations

import torch
from torch import Tensor

from imgsearch.training.loss import Loss
from imgsearch.training.losses.histogram import soft_histograms
from imgsearch.training.numerics import at_least_single


class ListwiseAPLoss(Loss):
    """1 − mean over queries of the quantised average precision Σ_m P_m·ΔR_m over bins m of falling similarity.

    With h_m the query's similarities in bin m and h⁺_m those of its class, P_m = Σ_{l≤m} h⁺_l / Σ_{l≤m} h_l and
    ΔR_m = h⁺_m / |P|. The M bins are nodes from 1 to −1, 2/(M − 1) apart, and a similarity is shared linearly between
    the two around it. Every picture queries all others, itself left out; those without a positive are no queries.

    Args:
        bins: M; 25 as in the authors' code, which spans [0, 1] with them, while the paper's formula spans [−1, 1].
    """

    def __init__(self, bins: int = 25) -> None:
        super().__init__()
        self.bins = bins

    def forward(self, embeddings: Tensor, labels: Tensor, tuples: None = None) -> Tensor:
        """Embeddings (n, d) unit rows, labels (n,) → scalar."""
        embeddings, count = at_least_single(embeddings), len(labels)
        queries = 3 * torch.arange(count, device=labels.device)[:, None]
        same = (labels[:, None] == labels[None, :]).long().fill_diagonal_(2)
        # From the highest similarity down: of −S upwards.
        histograms = soft_histograms(-(embeddings @ embeddings.T), queries + same, 3 * count, self.bins)
        negative, positive, _ = histograms.view(count, 3, self.bins).unbind(dim=1)
        hits, misses = positive.cumsum(dim=1), negative.cumsum(dim=1)
        precision = hits / (hits + misses).clamp(min=torch.finfo(hits.dtype).tiny)
        positives = (same == 1).sum(dim=1)
        average_precision = (precision * positive).sum(dim=1) / positives.clamp(min=1)
        queried = positives > 0
        return ((1 - average_precision) * queried).sum() / queried.sum().clamp(min=1)
