"""Random views of a batch of pictures, drawn by one seeded generator: crop, flip, colour, grey."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from imgsearch.training.config import Augmentation

GREY = (0.299, 0.587, 0.114)


def augment(pictures: Tensor, side: int, options: Augmentation, generator: torch.Generator) -> Tensor:
    """uint8 (n, height, width, 3) → float (n, 3, side, side) with values from 0 to 255, each a random view."""
    batch = pictures.permute(0, 3, 1, 2).float()
    grid = functional.affine_grid(
        _crops(len(batch), options, generator), [len(batch), 3, side, side], align_corners=False
    )
    views = functional.grid_sample(batch, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    return _colour(views, options, generator).contiguous(memory_format=torch.channels_last)


def _uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=generator)


def _crops(count: int, options: Augmentation, generator: torch.Generator) -> Tensor:
    """Affine maps (n, 2, 3) from the unit square of a view to its picture's: Inception-style crops, mirrored or not."""
    area = _uniform(count, options.smallest_crop, 1.0, generator)
    log_ratio = _uniform(count, -math.log(options.aspect_ratio), math.log(options.aspect_ratio), generator)
    width = (area * log_ratio.exp()).sqrt().clamp(max=1.0)
    height = (area / log_ratio.exp()).sqrt().clamp(max=1.0)
    shift_x = _uniform(count, -1.0, 1.0, generator) * (1.0 - width)
    shift_y = _uniform(count, -1.0, 1.0, generator) * (1.0 - height)
    mirror = torch.where(torch.rand(count, generator=generator) < options.flip, -1.0, 1.0)
    maps = torch.zeros(count, 2, 3)
    maps[:, 0, 0], maps[:, 0, 2] = width * mirror, shift_x
    maps[:, 1, 1], maps[:, 1, 2] = height, shift_y
    return maps


def _colour(views: Tensor, options: Augmentation, generator: torch.Generator) -> Tensor:
    count = len(views)

    def factor(strength: float) -> Tensor:
        return _uniform(count, 1.0 - strength, 1.0 + strength, generator).view(-1, 1, 1, 1)

    saturation = factor(options.saturation)
    saturation[torch.rand(count, generator=generator) < options.grey] = 0.0
    grey = torch.einsum("nchw,c->nhw", views, torch.tensor(GREY)).unsqueeze(1)
    views = torch.lerp(grey.expand_as(views), views, saturation)
    contrast = factor(options.contrast)
    mean = grey.mean(dim=(2, 3), keepdim=True)
    return ((views - mean) * contrast + mean).mul_(factor(options.brightness)).clamp_(0.0, 255.0)
