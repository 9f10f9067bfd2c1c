"""Supervised contrastive loss (Khosla et al. 2020, "Supervised Contrastive Learning")."""

from __future__ import annotations

import torch
from torch import Tensor

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single


class SupConLoss(Loss):
    """Mean over anchors i of −1/|P(i)|·Σ_p log(e^(S_ip/τ) / Σ_{a≠i} e^(S_ia/τ)), S the cosine similarity.

    The mean over positives stands outside the logarithm (L_out of the paper). Anchors without positives are dropped.

    Args:
        temperature: τ; 0.1 as published.
    """

    def __init__(self, temperature: float = 0.1) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, embeddings: Tensor, labels: Tensor, tuples: None = None) -> Tensor:
        """Embeddings (n, d) unit rows, labels (n,) → scalar."""
        embeddings = at_least_single(embeddings)
        scaled = embeddings @ embeddings.T / self.temperature
        itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
        positive = (labels[:, None] == labels[None, :]) & ~itself
        # Not −∞, of which a batch of one picture would have nothing but, and no gradient.
        everyone = scaled.masked_fill(itself, torch.finfo(scaled.dtype).min).logsumexp(dim=1)
        positives = positive.sum(dim=1)
        anchors = positives > 0
        attraction = (scaled * positive).sum(dim=1) / positives.clamp(min=1)
        return ((everyone - attraction) * anchors).sum() / anchors.sum().clamp(min=1)
