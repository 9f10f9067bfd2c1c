"""Proxy-Anchor loss (Kim et al. 2020, "Proxy Anchor Loss for Deep Metric Learning")."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from imgsearch.training.numerics import at_least_single, log_one_plus_sum_exp
from imgsearch.training.proxies import ProxyLoss


class ProxyAnchorLoss(ProxyLoss):
    """(1/|P⁺|)·Σ_{p∈P⁺} log(1 + Σ_{x∈p} e^(−α(S−δ))) + (1/C)·Σ_p log(1 + Σ_{x∉p} e^(α(S+δ))), S = cos(x, p).

    There is one learned proxy p a class; P⁺ are those of the classes in the batch.

    Args:
        classes: C, number of training classes.
        dimension: length of the embeddings.
        margin: δ; 0.1 as published.
        alpha: α; 32 as published.
    """

    def __init__(self, classes: int, dimension: int, margin: float = 0.1, alpha: float = 32.0) -> None:
        super().__init__(classes, dimension)
        self.margin, self.alpha = margin, alpha

    def forward(self, embeddings: Tensor, labels: Tensor, tuples: None = None) -> Tensor:
        """Embeddings (n, d) unit rows, labels (n,) in [0, classes) → scalar."""
        similarities = functional.normalize(self.proxies, dim=1) @ at_least_single(embeddings).T
        self.count_misplaced(similarities.T, labels)
        own = torch.arange(len(self.proxies), device=labels.device)[:, None] == labels[None, :]
        attraction = log_one_plus_sum_exp(-self.alpha * (similarities - self.margin), own)
        repulsion = log_one_plus_sum_exp(self.alpha * (similarities + self.margin), ~own)
        return attraction.sum() / own.any(dim=1).sum().clamp(min=1) + repulsion.mean()
