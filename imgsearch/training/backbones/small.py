"""A small residual network (after He et al. 2016, "Deep Residual Learning", and ResNet-D of He et al. 2019)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


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
