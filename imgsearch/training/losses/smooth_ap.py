"""Smooth-AP (Brown et al. 2020, "Smooth-AP: Smoothing the Path Towards Large-Scale Image Retrieval")."""

from __future__ import annotations

import torch
from torch import Tensor

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single


class SmoothAPLoss(Loss):
    """1 − mean over queries i of (1/|P|)·Σ_p R⁺(p)/R(p), average precision with ranks made smooth by sigmoids.

    R(p) = 1 + Σ_{j≠i,p} σ((S_ij − S_ip)/τ) is the rank of p among all other pictures and R⁺(p) that among the
    positives. Every picture queries all others; those without a positive are no queries. The authors' code also ranks
    the query itself, first among its own positives; here it is never a hit.

    Args:
        temperature: τ; 0.01 as published.
    """

    def __init__(self, temperature: float = 0.01) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, embeddings: Tensor, labels: Tensor, tuples: None = None) -> Tensor:
        """Embeddings (n, d) unit rows, labels (n,) → scalar; O(n) memory for each positive pair."""
        embeddings, count = at_least_single(embeddings), len(labels)
        itself = torch.eye(count, dtype=torch.bool, device=labels.device)
        same = (labels[:, None] == labels[None, :]) & ~itself
        query, positive = same.nonzero(as_tuple=True)
        similarities = embeddings @ embeddings.T / self.temperature
        # −∞ never comes before anything, so that the query is in no rank.
        ranking = similarities.masked_fill(itself, float("-inf")).index_select(0, query)
        own = similarities.flatten().index_select(0, query * count + positive)
        ahead = (ranking - own[:, None]).sigmoid()
        # σ(0) of the positive itself stands for half of the rank's 1.
        rank = 0.5 + ahead.sum(dim=1)
        misses = (ahead * ~same.index_select(0, query)).sum(dim=1)
        positives = same.sum(dim=1)
        return (misses / rank / positives.index_select(0, query)).sum() / (positives > 0).sum().clamp(min=1)
