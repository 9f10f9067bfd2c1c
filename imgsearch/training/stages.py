"""What a backbone computes at its last few resolutions, pooled and joined to one vector.

The last maps tell best what is on a picture; those of twice their resolution add textures and parts, which classes that
were never seen are made of, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from imgsearch.errors import UserError


@torch.no_grad()
def stage_ends(backbone: nn.Module, side: int, count: int) -> list[tuple[int, int]]:
    """The (block, channels) of the last `count` stages of a backbone, for pictures of `side` pixels, the last one last.

    A stage is the blocks that give maps of one size; its last block speaks for it.

    Raises:
        UserError: it has fewer stages.
    """
    training = backbone.training
    backbone.eval()
    maps, shapes = torch.zeros(1, 3, side, side), []
    for block in backbone.children():
        maps = block(maps)
        shapes.append(maps.shape)
    backbone.train(training)
    ends = [
        (number, shape[1])
        for number, shape in enumerate(shapes)
        if number + 1 == len(shapes) or shapes[number + 1][2:] != shape[2:]
    ]
    if not 1 <= count <= len(ends):
        raise UserError(f"stages must be from 1 to {len(ends)} for this backbone, not {count}")
    return ends[-count:]


def stage_maps(backbone: nn.Module, pictures: Tensor, ends: Sequence[int]) -> list[Tensor]:
    """The maps that the blocks of these numbers give, of which the last is the backbone's last."""
    maps, found = pictures, []
    for number, block in enumerate(backbone.children()):
        maps = block(maps)
        if number in ends:
            found.append(maps)
    return found


def joined(pooled: Sequence[Tensor]) -> Tensor:
    """Vectors (n, c₁), (n, c₂), … of stages as one unit vector a picture (n, Σc), in which each stage counts the same.

    With the earlier ones at a half or 0.7, map_at_r was lower on all four collections tried: three of photographs, and
    Omniglot.
    """
    rows = [functional.normalize(rows, dim=1, eps=1e-6) for rows in pooled]
    whole: Tensor = torch.cat(rows, dim=1) / len(rows) ** 0.5
    return whole
