"""Backbones: networks from pictures (n, 3, h, w) to feature maps (n, channels, h', w')."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from imgsearch.errors import UserError
from imgsearch.registry import unknown

SMALL = "small"


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions around a shortcut (He et al. 2016), average-pooled where the block strides (ResNet-D)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(channels_out)
        self.second = nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(channels_out)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels_out:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride, ceil_mode=True) if stride != 1 else nn.Identity(),
                nn.Conv2d(channels_in, channels_out, 1, bias=False),
                nn.BatchNorm2d(channels_out),
            )
        nn.init.zeros_(self.second_norm.weight)  # each block begins as the identity

    def forward(self, maps: Tensor) -> Tensor:
        """(n, channels_in, h, w) → (n, channels_out, ⌈h/stride⌉, ⌈w/stride⌉)."""
        inner = functional.relu(self.first_norm(self.first(maps)))
        inner = self.second_norm(self.second(inner))
        return functional.relu(inner + self.shortcut(maps))


def small(widths: tuple[int, ...] = (32, 64, 128, 256), blocks: int = 2) -> nn.Sequential:
    """A ResNet-18 of half the width with a stride-2 stem: 2.8 M parameters, made for pictures of 32 to 128 pixels."""
    layers: list[nn.Module] = [
        nn.Conv2d(3, widths[0], 3, 2, 1, bias=False),
        nn.BatchNorm2d(widths[0]),
        nn.ReLU(inplace=True),
    ]
    channels = widths[0]
    for stage, width in enumerate(widths):
        for block in range(blocks):
            layers.append(ResidualBlock(channels, width, 2 if stage > 0 and block == 0 else 1))
            channels = width
    return nn.Sequential(*layers)


def build_backbone(name: str) -> tuple[nn.Module, int]:
    """An untrained backbone and its number of output channels.

    `small`, or any torchvision classifier whose convolutional trunk can be cut off: resnet*, regnet*, densenet*,
    mobilenet*, efficientnet*, convnext*, vgg*, …

    Raises:
        UserError: unknown name (the nearest is suggested), or a network without such a trunk.
    """
    if name == SMALL:
        trunk: nn.Module = small()
    else:
        from torchvision import models  # 0.5 s that the small backbone does not need

        known = models.list_models(module=models)
        if name not in known:
            raise UserError(unknown("backbone", name, [SMALL, *known]))
        trunk = _trunk(models.get_model(name, weights=None), name)
    with torch.no_grad():
        trunk.eval()
        channels = trunk(torch.zeros(1, 3, 64, 64)).shape[1]
        trunk.train()
    return trunk, channels


def _trunk(network: nn.Module, name: str) -> nn.Module:
    features = getattr(network, "features", None)
    if isinstance(features, nn.Module):
        return features
    if hasattr(network, "trunk_output"):
        return nn.Sequential(network.get_submodule("stem"), network.get_submodule("trunk_output"))
    if hasattr(network, "layer4"):
        return nn.Sequential(*list(network.children())[:-2])
    raise UserError(
        f"backbone {name!r} has no convolutional trunk to cut off; take {SMALL!r}, resnet18 or efficientnet_b0"
    )
