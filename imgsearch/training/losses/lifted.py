"""Lifted structure loss (Song et al. 2016, "Deep Metric Learning via Lifted Structured Feature Embedding")."""

from __future__ import annotations

import torch
from torch import Tensor

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single, distances, masked_logsumexp
from imgsearch.training.tuples import Pairs


class LiftedStructureLoss(Loss):
    """1/(2·|P|)·Σ_P [J]₊² with J_ij = log(Σ_N(i) e^(m − D_ik) + Σ_N(j) e^(m − D_jk)) + D_ij, D not squared.

    P are the matches (i, j) that the miner kept and N(i) the non-matches that it kept of i. A match neither of whose
    pictures has a non-match is in the mean with 0, its J being −∞.

    Args:
        margin: m, 1 as published.
    """

    kind = Pairs
    miner = "batch_all"

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, embeddings: Tensor, labels: Tensor, pairs: Pairs) -> Tensor:
        """Embeddings (n, d) unit rows → scalar."""
        distance = distances(at_least_single(embeddings))
        near = masked_logsumexp(self.margin - distance, pairs.negative)
        hinge = (torch.logaddexp(near[:, None], near[None, :]) + distance).relu().masked_fill(~pairs.positive, 0.0)
        self.count_active(hinge.detach()[pairs.positive])
        return hinge.square().sum() / (2 * pairs.positive.sum().clamp(min=1))
