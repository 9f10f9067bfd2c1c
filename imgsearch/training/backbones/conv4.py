"""Conv-4 (Vinyals et al. 2016, "Matching Networks for One Shot Learning"; 64 channels as in Snell et al. 2017)."""

from __future__ import annotations

from torch import nn


def conv4(width: int = 64, blocks: int = 4) -> nn.Sequential:
    """Four times 3×3 convolution, batch norm, ReLU, 2×2 maximum: 0.1 M parameters, for pictures of 16 to 84 pixels."""
    return nn.Sequential(
        *(
            nn.Sequential(
                nn.Conv2d(3 if block == 0 else width, width, 3, 1, 1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
                nn.MaxPool2d(2),
            )
            for block in range(blocks)
        )
    )
