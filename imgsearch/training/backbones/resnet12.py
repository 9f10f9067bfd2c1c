"""ResNet-12 as few-shot learning uses it (Oreshkin et al. 2018, "TADAM"; widths of Lee et al. 2019, "MetaOptNet")."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.1


class TripleBlock(nn.Module):
    """Three 3×3 convolutions around a shortcut, then a 2×2 maximum."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_convolution(channels_in, channels_out, 3),
            nn.LeakyReLU(SLOPE),
            *_convolution(channels_out, channels_out, 3),
            nn.LeakyReLU(SLOPE),
            *_convolution(channels_out, channels_out, 3),
        )
        self.shortcut = nn.Sequential(*_convolution(channels_in, channels_out, 1))

    def forward(self, maps: Tensor) -> Tensor:
        """(n, channels_in, h, w) → (n, channels_out, ⌊h/2⌋, ⌊w/2⌋)."""
        return functional.max_pool2d(functional.leaky_relu(self.layers(maps) + self.shortcut(maps), SLOPE), 2)


def _convolution(channels_in: int, channels_out: int, kernel: int) -> tuple[nn.Module, nn.Module]:
    convolution = nn.Conv2d(channels_in, channels_out, kernel, 1, kernel // 2, bias=False)
    nn.init.kaiming_normal_(convolution.weight, SLOPE, mode="fan_out", nonlinearity="leaky_relu")
    return convolution, nn.BatchNorm2d(channels_out)


def resnet12(widths: tuple[int, ...] = (64, 160, 320, 640)) -> nn.Sequential:
    """Four blocks, without the DropBlock of MetaOptNet: 12.4 M parameters, for pictures of 16 to 84 pixels."""
    return nn.Sequential(*(TripleBlock(*pair) for pair in zip((3, *widths), widths, strict=False)))


def resnet12_half() -> nn.Sequential:
    """Of half the widths: 3.1 M parameters, for machines without a GPU."""
    return resnet12((32, 80, 160, 320))
