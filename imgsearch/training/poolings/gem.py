"""GeM (Radenović, Tolias & Chum 2019, "Fine-tuning CNN Image Retrieval with No Human Annotation")."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from imgsearch.training.numerics import at_least_single


class GeM(nn.Module):
    """Generalised mean over the places of a map, (mean xᵖ)^(1/p), with one learned p for all channels.

    p = 1 is the mean (SPoC), p → ∞ the maximum (MAC).

    Args:
        p: where the learned exponent begins; 3 as published.
        epsilon: smaller features count as this much, so that roots and gradients stay finite; 1e-6 as published.
    """

    def __init__(self, p: float = 3.0, epsilon: float = 1e-6) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.tensor(float(p)))
        self.epsilon = epsilon

    def forward(self, maps: Tensor) -> Tensor:
        """(n, channels, h, w) → (n, channels)."""
        positive = at_least_single(maps).clamp(min=self.epsilon)
        # xᵖ leaves even single precision's range for p = 8, so features are taken as shares of their map's largest one.
        largest = positive.detach().amax(dim=(2, 3), keepdim=True)
        shares = (positive / largest).pow(self.p).mean(dim=(2, 3)).pow(1.0 / self.p)
        return shares * largest[:, :, 0, 0]
