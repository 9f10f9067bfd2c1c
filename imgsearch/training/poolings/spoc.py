"""SPoC (Babenko & Lempitsky 2015, "Aggregating Deep Convolutional Features for Image Retrieval")."""

from __future__ import annotations

from torch import Tensor, nn

from imgsearch.training.numerics import at_least_single


class SPoC(nn.Module):
    """Mean over the places of a map, without the published centring prior, which presumes objects in the middle."""

    def __init__(self) -> None:
        super().__init__()

    def forward(self, maps: Tensor) -> Tensor:
        """(n, channels, h, w) → (n, channels)."""
        return at_least_single(maps).mean(dim=(2, 3))
