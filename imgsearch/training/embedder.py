"""The network that is trained and exported: backbone → pooling, of one stage or several → (linear) → L2 norm."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from imgsearch.errors import UserError
from imgsearch.registry import build, resolve
from imgsearch.training.backbones.build import build_backbone, map_shape
from imgsearch.training.config import Options
from imgsearch.training.orientations import COUNTS, joined_orientations, oriented
from imgsearch.training.poolings import POOLINGS
from imgsearch.training.stages import joined, stage_ends, stage_maps

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
USUAL_SIDE = 64
"""Of the pictures that tell how many channels a backbone gives."""


class Embedder(nn.Module):
    """From uint8 pictures (n, height, width, 3) to unit embeddings (n, dimension), float32.

    Args:
        backbone: a name for `build_backbone`.
        embedding_dim: length of the embeddings; None takes the pooled features as they are, without a linear layer.
        pooling: one of `POOLINGS`.
        pooling_options: its options.
        image_size: side of the pictures, which poolings that are made for one size of maps need.
        stages: pool the maps of so many of the backbone's last resolutions, and join them, see
            `imgsearch.training.stages`; None: the last maps alone, not normalised before the linear layer.
        mirrored: what a picture and its mirror image have on average; while training, the picture alone.
        orientations: join what so many orientations of a picture have, while training, too; see
            `imgsearch.training.orientations`.

    Raises:
        UserError: parts or options that do not exist, or do not fit.
    """

    def __init__(
        self,
        backbone: str,
        embedding_dim: int | None = None,
        pooling: str = "gem",
        pooling_options: Options | None = None,
        image_size: int | None = None,
        stages: int | None = None,
        mirrored: bool = False,
        orientations: int = 1,
    ) -> None:
        super().__init__()
        options = dict(pooling_options or {})
        resolve("pooling", POOLINGS, pooling)
        self.backbone = build_backbone(backbone)
        channels, *map_size = map_shape(self.backbone, image_size or USUAL_SIDE)
        supplied = {"channels": channels, "map_size": tuple(map_size)}
        self.pooling: nn.Module = build("pooling", POOLINGS, pooling, options, supplied)
        ends = [] if stages is None else stage_ends(self.backbone, image_size or USUAL_SIDE, stages)
        if stages is not None and hasattr(self.pooling, "map_size"):
            raise UserError(f"pooling {pooling} is made for maps of one size, and cannot join those of several stages")
        self.ends = [block for block, _ in ends]
        """The blocks whose maps are pooled; none: the last one's, as they are."""
        self.earlier = nn.ModuleList(
            build("pooling", POOLINGS, pooling, options, {"channels": width}) for _, width in ends[:-1]
        )
        if orientations not in COUNTS:
            raise UserError(f"orientations must be 1, 4 or 8, not {orientations}")
        self.mirrored, self.orientations = mirrored, orientations
        features = (sum(width for _, width in ends) or channels) * orientations
        self.linear = nn.Identity() if embedding_dim is None else nn.Linear(features, embedding_dim)
        self.dimension = embedding_dim or features
        self.frozen = 0
        """How many children of the backbone, from the first on, are not trained; see `freeze`."""
        self.architecture: dict[str, Any] = {"backbone": backbone, "embedding_dim": embedding_dim}
        """What the constructor needs to make the same network, without what it would take by default."""
        if pooling != "gem":
            self.architecture["pooling"] = pooling
        if options:
            self.architecture["pooling_options"] = options
        if stages is not None:
            self.architecture["stages"] = stages
        if mirrored:
            self.architecture["mirrored"] = True
        if orientations > 1:
            self.architecture["orientations"] = orientations
        if hasattr(self.pooling, "map_size"):
            if image_size is None:
                raise UserError(f"pooling {pooling} is made for pictures of one size: say which")
            self.architecture["image_size"] = image_size
        self.register_buffer("mean", 255.0 * torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("scale", 1.0 / (255.0 * torch.tensor(STD).view(1, 3, 1, 1)), persistent=False)
        self.mean: Tensor
        self.scale: Tensor

    @property
    def looks(self) -> int:
        """How often the backbone sees each picture, which takes as many times longer."""
        return self.orientations * (2 if self.mirrored else 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """What the exported encoder computes: uint8 (n, height, width, 3) → (n, dimension)."""
        return self.embed(pictures.permute(0, 3, 1, 2).float())

    def embed(self, pictures: Tensor, normalise: bool = True) -> Tensor:
        """Float pictures (n, 3, height, width) with values from 0 to 255 → (n, dimension), unit rows if `normalise`."""
        embeddings = self.linear(self.features(pictures)).float()
        return functional.normalize(embeddings, dim=1, eps=1e-6) if normalise else embeddings

    def features(self, pictures: Tensor) -> Tensor:
        """What the linear layer takes, (n, channels): the pooled maps, of several stages as one unit vector."""
        if self.orientations == 1:
            return self._features(pictures)
        return joined_orientations(self._features(oriented(pictures, self.orientations)), self.orientations)

    def _features(self, pictures: Tensor) -> Tensor:
        """Those of pictures as they are, or averaged with their mirror images."""
        both = self.mirrored and not self.training
        seen = torch.cat([pictures, pictures.flip(3)]) if both else pictures
        scaled = (seen - self.mean) * self.scale
        maps = stage_maps(self.backbone, scaled, self.ends) if self.ends else [self.backbone(scaled)]
        pooled = [pool(of_stage) for pool, of_stage in zip([*self.earlier, self.pooling], maps, strict=True)]
        if both:
            pooled = [rows.view(2, -1, rows.shape[1]).mean(dim=0) for rows in pooled]
        return joined(pooled) if self.ends else pooled[0]

    def train(self, mode: bool = True) -> Embedder:
        """As in torch, but what is frozen stays in evaluation mode, so that its batch norms keep their statistics."""
        super().train(mode)
        for child in list(self.backbone.children())[: self.frozen]:
            child.eval()
        return self


def new_embedder(
    backbone: str,
    embedding_dim: int | None = None,
    seed: int = 0,
    *,
    pooling: str = "gem",
    pooling_options: Options | None = None,
    image_size: int | None = None,
) -> Embedder:
    """An untrained network; the same for the same seed."""
    torch.manual_seed(seed)
    return Embedder(backbone, embedding_dim, pooling, pooling_options, image_size)
