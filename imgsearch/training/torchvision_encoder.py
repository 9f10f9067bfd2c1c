"""A torchvision classifier as an encoder: its features before the last layer, exported to a model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.transforms._presets import ImageClassification

from imgsearch.errors import UserError
from imgsearch.model import ModelInfo, write_info
from imgsearch.training.export import export_graph
from imgsearch.training.torchvision_weights import find_weights, with_weights

MOST_BYTES = (1 << 31) - (1 << 20)
"""Of weights that fit into an ONNX file, with some room for the graph itself."""


class Headless(nn.Module):
    """From uint8 pictures (n, height, width, 3) to the unit features (n, d) that a classifier's last layer would take.

    Args:
        network: a classifier of torchvision's; it is changed.
        classes: how many it tells apart, by which the last layer is known.
        mean: of the pictures that it was trained on, for each channel, values running from 0 to 1.
        std: their standard deviations.

    Raises:
        ValueError: no layer has so many outputs.
    """

    def __init__(self, network: nn.Module, classes: int, mean: list[float], std: list[float]) -> None:
        super().__init__()
        heads = [
            name
            for name, layer in network.named_modules()
            if classes in (getattr(layer, "out_features", None), getattr(layer, "out_channels", None))
        ]
        if not heads:
            raise ValueError(f"no layer has {classes} outputs")
        parent, _, child = heads[-1].rpartition(".")
        setattr(network.get_submodule(parent), child, nn.Identity())
        self.network = network
        self.register_buffer("mean", 255.0 * torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("scale", 1.0 / (255.0 * torch.tensor(std).view(1, 3, 1, 1)))
        self.mean: Tensor
        self.scale: Tensor

    def forward(self, pictures: Tensor) -> Tensor:
        """What the exported encoder computes."""
        features = self.network((pictures.permute(0, 3, 1, 2).float() - self.mean) * self.scale)
        return functional.normalize(features.flatten(1).float(), dim=1)


def export_torchvision(name: str, weights: Any, folder: Path, about: dict[str, Any]) -> None:  # noqa: ANN401 - an enum
    """Write a torchvision network with some of its weights as a model folder, `about` into what it says of its making.

    Raises:
        UserError: the weights cannot be downloaded, or are of no classifier.
    """
    preset, classes = weights.transforms(), weights.meta.get("categories")
    if not isinstance(preset, ImageClassification) or not classes:
        raise UserError(f"{name}@{weights.name} is no classifier whose last layer could be cut off; take other weights")
    size = 4 * weights.meta.get("num_params", 0)
    if size > MOST_BYTES:
        raise UserError(
            f"{name}@{weights.name} has {size / 1e9:.1f} GB of weights, and an ONNX file holds no more than 2; "
            "take a smaller network"
        )
    encoder = Headless(with_weights(name, weights), len(classes), preset.mean, preset.std).eval()
    side = preset.crop_size[0]
    with torch.inference_mode():
        dimension = encoder(torch.zeros(1, side, side, 3, dtype=torch.uint8)).shape[1]
    difference = export_graph(encoder, folder, side, {0: "batch"})
    is_default = weights == find_weights(name)
    facts = {"method": "torchvision", "default": is_default, "url": weights.url, "onnx_parity": difference}
    info = ModelInfo(
        f"torchvision:{name}@{weights.name}", {"torchvision": name, "weights": weights.name}, side, dimension,
        resize=preset.resize_size[0], interpolation=preset.interpolation.value, mean=tuple(preset.mean),
        std=tuple(preset.std), training={**facts, "published": weights.meta.get("_metrics", {}), **about},
    )  # fmt: skip
    write_info(folder, info)
