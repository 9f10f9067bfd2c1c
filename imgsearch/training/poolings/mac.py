"""MAC (Razavian et al. 2016, "Visual Instance Retrieval with Deep Convolutional Networks")."""

from __future__ import annotations

from torch import Tensor, nn

from imgsearch.training.numerics import at_least_single


class MAC(nn.Module):
    """Maximum over the places of a map; places that share it share its gradient."""

    def __init__(self) -> None:
        super().__init__()

    def forward(self, maps: Tensor) -> Tensor:
        """(n, channels, h, w) → (n, channels)."""
        return at_least_single(maps).amax(dim=(2, 3))
