"""R-MAC (Tolias, Sicre & Jégou 2016, "Particular Object Retrieval with Integral Max-Pooling of CNN Activations")."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from imgsearch.errors import UserError
from imgsearch.training.numerics import at_least_single

Size = TypeVar("Size", int, Tensor)
MOST_EXTRA = 6


class RMAC(nn.Module):
    """Sum over square regions of several sizes of the region's maximum, as a unit vector over the channels.

    At level l the regions are 2·min(h, w)/(l + 1) long, rounded down and at least 1; l of them lie evenly along the
    shorter side of the map, and as many more along the longer side, up to 6, as bring the overlap of neighbours at
    level 1 nearest to 40 %. A region of dead features adds nothing. The published whitening of the regions is left to
    the linear layer and to the linear metrics.

    Args:
        levels: number of region sizes; 3 as published.
    """

    def __init__(self, levels: int = 3) -> None:
        super().__init__()
        if levels < 1:
            raise UserError(f"pooling r_mac: levels must be at least 1, not {levels}")
        self.levels = levels

    def forward(self, maps: Tensor) -> Tensor:
        """(n, channels, h, w) → (n, channels)."""
        maps = at_least_single(maps)
        pooled = torch.zeros_like(maps[:, :, 0, 0])
        for level in range(1, self.levels + 1):
            rows, counted_rows = _windows(maps, 2, level)
            columns, counted_columns = _windows(maps, 3, level)
            outside = maps.new_tensor(float("-inf"))
            strips = torch.where(columns[:, None], maps[:, :, None], outside).amax(dim=4)  # (n, channels, columns, h)
            regions = torch.where(rows[:, None], strips[:, :, None], outside).amax(
                dim=4
            )  # (n, channels, rows, columns)
            counted = counted_rows[:, None] & counted_columns
            pooled = pooled + (functional.normalize(regions, dim=1, eps=1e-6) * counted).sum(dim=(2, 3))
        return pooled


def _windows(maps: Tensor, axis: int, level: int) -> tuple[Tensor, Tensor]:
    """Where a level's regions lie along one axis: masks (regions, length), and which of them count (regions,).

    An exported graph takes maps of any size, so it has as many regions as there can be, and does not count some.
    """
    length, other = (torch.full((), maps.shape[side], device=maps.device) for side in (axis, 5 - axis))
    size = (2 * torch.minimum(length, other) // (level + 1)).clamp(min=1)
    number = level + _extra(length, other)
    most = MOST_EXTRA if torch.compiler.is_exporting() else _extra(maps.shape[axis], maps.shape[5 - axis])
    region = torch.arange(level + most, device=maps.device)
    start = torch.minimum(region * (length - size) // (number - 1).clamp(min=1), length - size)[:, None]
    place = torch.arange(maps.shape[axis], device=maps.device)
    return (place >= start) & (place < start + size), region < number


def _extra(length: Size, other: Size) -> Size:
    """How many regions more than along the other side: k + 1, not k, where that brings the overlap nearer to 40 %.

    The regions of level 1 are as long as the shorter side; 1 + k of them overlap by 1 − (length/other − 1)/k.
    """
    steps = (5 * (2 * k + 1) * (length - other) > 6 * k * (k + 1) * other for k in range(MOST_EXTRA))
    return sum(steps)  # type: ignore[return-value] # a sum of tensors is one
