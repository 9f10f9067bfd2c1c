"""A network of torchvision's registry that takes no time, and weights for it as if torch.hub had downloaded them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models._api import Weights, WeightsEnum, register_model
from torchvision.transforms import InterpolationMode
from torchvision.transforms._presets import ImageClassification

TINY = "tiny_for_tests"
CLASSES, MEAN, STD = 7, (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)

_PRESET = partial(
    ImageClassification, crop_size=32, resize_size=40, mean=MEAN, std=STD, interpolation=InterpolationMode.BICUBIC
)
_META: dict[str, Any] = {
    "categories": [f"class {number}" for number in range(CLASSES)],
    "_metrics": {"ImageNet-1K": {"acc@1": 12.5}},
}


class TinyWeights(WeightsEnum):  # type: ignore[misc] # torchvision has no type hints
    V1 = Weights(url="https://weights.invalid/tiny-one.pth", transforms=_PRESET, meta=_META)
    V2 = Weights(url="https://weights.invalid/tiny-two.pth", transforms=_PRESET, meta=_META)
    DEFAULT = V2


class Tiny(nn.Module):
    """A convolution, the mean of each of its maps, and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 5, 3, stride=2), nn.ReLU())
        self.fc = nn.Linear(5, CLASSES)

    def forward(self, pictures: Tensor) -> Tensor:
        classes: Tensor = self.fc(self.features(pictures).mean(dim=(2, 3)))
        return classes


def tiny_for_tests(*, weights: TinyWeights | None = None, progress: bool = True) -> Tiny:
    network = Tiny()
    if weights is not None:
        network.load_state_dict(weights.get_state_dict(progress=progress, check_hash=True))
    return network


tiny_for_tests.__module__ = "torchvision.models.tiny"
tiny_for_tests.__annotations__["weights"] = TinyWeights | None  # torchvision reads it, and finds no strings
register_model()(tiny_for_tests)


def publish(torch_home: Path, name: str = "tiny-two.pth", seed: int = 2) -> Path:
    """Put random weights where torch.hub looks before it downloads anything."""
    torch.manual_seed(seed)
    place = torch_home / "hub" / "checkpoints" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    torch.save(Tiny().state_dict(), place)
    return place
