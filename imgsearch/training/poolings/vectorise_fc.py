"""A fully connected layer on the whole feature maps, as in AlexNet (Krizhevsky et al. 2012) and Siamese networks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from imgsearch.errors import UserError


class VectoriseFC(nn.Module):
    """W·vec(maps) + b: where in the picture a feature lies makes a difference, unlike with all other poolings.

    It is computed as a convolution whose kernel is as large as the map, which is the same, and which an exporter that
    must not know the size of the pictures can write down.

    Args:
        channels: of the maps, and length of the vectors.
        map_size: (height, width) of the maps, the only size that it takes.
    """

    def __init__(self, channels: int, map_size: tuple[int, int]) -> None:
        super().__init__()
        self.fully_connected = nn.Conv2d(channels, channels, map_size)
        self.map_size = map_size

    def forward(self, maps: Tensor) -> Tensor:
        """(n, channels, *map_size) → (n, channels).

        Raises:
            UserError: maps of another size. (The exported graph gives the mean over all positions for larger ones.)
        """
        if not torch.compiler.is_exporting() and tuple(maps.shape[2:]) != self.map_size:
            made, given = ("×".join(map(str, size)) for size in (self.map_size, maps.shape[2:]))
            raise UserError(
                f"pooling vectorise_fc was made for feature maps of {made}, not {given}: "
                "give pictures of the size that it was made for, or take another pooling"
            )
        vectors: Tensor = self.fully_connected(maps).float().mean(dim=(2, 3))
        return vectors
