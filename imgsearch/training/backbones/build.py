"""A backbone by its name, ours or torchvision's."""

from __future__ import annotations

import torch
from torch import nn

from imgsearch.errors import UserError
from imgsearch.registry import resolve
from imgsearch.training.backbones import BACKBONES


def build_backbone(name: str) -> nn.Module:
    """An untrained backbone, one of `BACKBONES` or a torchvision classifier's convolutional trunk.

    Raises:
        UserError: unknown name (the nearest is suggested), or a network without such a trunk.
    """
    if name in BACKBONES:
        trunk: nn.Module = resolve("backbone", BACKBONES, name)()
        return trunk
    from imgsearch.training.backbones.torchvision_trunk import untrained  # 0.5 s that our own do not need

    return untrained(name)


@torch.no_grad()
def map_shape(backbone: nn.Module, side: int) -> tuple[int, int, int]:
    """(channels, height, width) of the maps of square pictures.

    Raises:
        UserError: they are too small for this backbone.
    """
    training = backbone.training
    backbone.eval()
    try:
        _, channels, height, width = backbone(torch.zeros(1, 3, side, side)).shape
    except RuntimeError:
        raise UserError(f"pictures of {side} pixels are too small for this backbone; give a larger size") from None
    finally:
        backbone.train(training)
    return channels, height, width
