"""Poolings: from feature maps (n, channels, h, w) to one vector a picture (n, channels)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GeM(nn.Module):
    """Generalised-mean pooling, (mean xᵖ)^(1/p) with a learned p (Radenović et al. 2019).

    p = 1 is the mean (SPoC), p → ∞ the maximum (MAC).
    """

    def __init__(self, p: float = 3.0, epsilon: float = 1e-6) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.tensor(p))
        self.epsilon = epsilon

    def forward(self, maps: Tensor) -> Tensor:
        """(n, channels, h, w) → (n, channels), in float32 whatever comes in: xᵖ leaves half precision's range."""
        positive = maps.float().clamp(min=self.epsilon)
        return positive.pow(self.p).mean(dim=(2, 3)).pow(1.0 / self.p)
