"""The convolutional trunks of torchvision's classifiers: resnet*, regnet*, densenet*, efficientnet*, vgg*, …"""

from __future__ import annotations

import http.client
import pickle
import sys
from pathlib import Path

import torch
from torch import nn
from torchvision import models

from imgsearch.errors import UserError, printable
from imgsearch.registry import unknown
from imgsearch.training.backbones import BACKBONES


def untrained(name: str) -> nn.Module:
    """The trunk of a torchvision network, from scratch.

    Raises:
        UserError: unknown name (the nearest is suggested), or a network without such a trunk.
    """
    known = models.list_models(module=models)
    if name not in known:
        raise UserError(unknown("backbone", name, [*BACKBONES, *known]))
    return _trunk(models.get_model(name, weights=None), name)


def pretrained(name: str) -> nn.Module:
    """The trunk of a torchvision network with torchvision's default weights, downloaded where they are not here yet.

    Raises:
        UserError: unknown name, no such trunk, or weights that cannot be downloaded.
    """
    with torch.device("meta"):
        untrained(name)  # what is wrong with the name, before the download
    weights = models.get_model_weights(name).DEFAULT
    place = Path(torch.hub.get_dir()) / "checkpoints" / weights.url.rsplit("/", 1)[-1]
    try:
        return _trunk(models.get_model(name, weights=weights, progress=sys.stderr.isatty()), name)
    except (OSError, RuntimeError, http.client.HTTPException, pickle.UnpicklingError, EOFError) as error:
        cause = " ".join(str(error).split()) or type(error).__name__
        raise UserError(
            f"the weights of {name} cannot be loaded ({cause}); "
            f"connect to the internet, or save {weights.url} as {printable(place)}"
        ) from None


def _trunk(network: nn.Module, name: str) -> nn.Module:
    features = getattr(network, "features", None)
    if isinstance(features, nn.Module):
        return features
    if hasattr(network, "trunk_output"):
        return nn.Sequential(network.get_submodule("stem"), network.get_submodule("trunk_output"))
    if hasattr(network, "layer4"):
        return nn.Sequential(*list(network.children())[:-2])
    raise UserError(f"backbone {name!r} has no convolutional trunk to cut off; take small, resnet18 or efficientnet_b0")
