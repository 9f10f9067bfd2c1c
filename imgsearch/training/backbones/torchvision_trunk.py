"""The convolutional trunks of torchvision's classifiers: resnet*, regnet*, densenet*, efficientnet*, vgg*, …"""

from __future__ import annotations

import torch
from torch import nn
from torchvision import models

from imgsearch.errors import UserError
from imgsearch.registry import unknown
from imgsearch.training.backbones import BACKBONES
from imgsearch.training.torchvision_weights import find_weights, with_weights


def untrained(name: str) -> nn.Module:
    """The trunk of a torchvision network, from scratch.

    Raises:
        UserError: unknown name (the nearest is suggested), or a network without such a trunk.
    """
    known = models.list_models(module=models)
    if name not in known:
        raise UserError(unknown("backbone", name, [*BACKBONES, *known]))
    return _trunk(models.get_model(name, weights=None), name)


def pretrained(name: str, wanted: str | None = None) -> nn.Module:
    """The trunk of a torchvision network with the weights called `wanted`, torchvision's default ones if None.

    Raises:
        UserError: unknown name, no such trunk, or weights that cannot be downloaded.
    """
    with torch.device("meta"):
        untrained(name)  # what is wrong with the name, before the download
    return _trunk(with_weights(name, find_weights(name, wanted)), name)


def _trunk(network: nn.Module, name: str) -> nn.Module:
    features = getattr(network, "features", None)
    if isinstance(features, nn.Module):
        return features
    if hasattr(network, "trunk_output"):
        return nn.Sequential(network.get_submodule("stem"), network.get_submodule("trunk_output"))
    if hasattr(network, "layer4"):
        return nn.Sequential(*list(network.children())[:-2])
    raise UserError(f"backbone {name!r} has no convolutional trunk to cut off; take small, resnet18 or efficientnet_b0")
