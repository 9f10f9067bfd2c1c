"""The network that is trained and exported: backbone → pooling → (linear) → L2 norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from imgsearch.training.backbones import build_backbone
from imgsearch.training.pooling import GeM

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


class Embedder(nn.Module):
    """From uint8 pictures (n, height, width, 3) to unit embeddings (n, dimension), float32.

    Args:
        backbone: a name for `build_backbone`.
        embedding_dim: length of the embeddings; None takes the pooled features as they are, without a linear layer.
    """

    def __init__(self, backbone: str, embedding_dim: int | None = None) -> None:
        super().__init__()
        self.backbone, channels = build_backbone(backbone)
        self.pooling = GeM()
        self.linear = nn.Identity() if embedding_dim is None else nn.Linear(channels, embedding_dim)
        self.dimension = embedding_dim or channels
        self.register_buffer("mean", 255.0 * torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("scale", 1.0 / (255.0 * torch.tensor(STD).view(1, 3, 1, 1)), persistent=False)
        self.mean: Tensor
        self.scale: Tensor

    def forward(self, pictures: Tensor) -> Tensor:
        """What the exported encoder computes: uint8 (n, height, width, 3) → (n, dimension)."""
        return self.embed(pictures.permute(0, 3, 1, 2).float())

    def embed(self, pictures: Tensor) -> Tensor:
        """Float pictures (n, 3, height, width) with values from 0 to 255 → (n, dimension) unit rows."""
        maps = self.backbone((pictures - self.mean) * self.scale)
        pooled = self.pooling(maps)
        return functional.normalize(self.linear(pooled).float(), dim=1, eps=1e-6)


def new_embedder(backbone: str, embedding_dim: int | None, seed: int) -> Embedder:
    """An untrained network; the same for the same seed."""
    torch.manual_seed(seed)
    return Embedder(backbone, embedding_dim)
