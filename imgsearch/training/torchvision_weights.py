"""torchvision's classifiers with the weights that its own registry names, downloaded where they are not here yet.

torch says on stdout what it downloads; stdout is for answers, so that goes to stderr.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import pickle
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torchvision import models

from imgsearch.errors import UserError, printable
from imgsearch.registry import unknown


def find_weights(name: str, wanted: str | None = None) -> Any:  # noqa: ANN401 - a torchvision.models.WeightsEnum
    """The entry of torchvision's registry for the weights called `wanted`, or for those that it takes by default.

    Raises:
        UserError: no such network, or no such weights of it; the nearest name is suggested.
    """
    known = models.list_models(module=models)
    if name not in known:
        raise UserError(unknown("torchvision network", name, known))
    weights = models.get_model_weights(name)
    if wanted is None:
        return weights.DEFAULT
    if wanted not in weights.__members__:
        raise UserError(unknown(f"weights of {name}", wanted, weights.__members__))
    return weights[wanted]


def with_weights(name: str, weights: Any) -> nn.Module:  # noqa: ANN401 - as above
    """A torchvision network with these weights; a bar on stderr shows a download where a person watches.

    Raises:
        UserError: they cannot be downloaded, or what lies there is damaged.
    """
    place = Path(torch.hub.get_dir()) / "checkpoints" / weights.url.rsplit("/", 1)[-1]
    try:
        with _weights_only(), contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd files, which either load or not
            network: nn.Module = models.get_model(name, weights=weights, progress=sys.stderr.isatty())
    except (OSError, RuntimeError, http.client.HTTPException, pickle.UnpicklingError, EOFError) as error:
        cause = (" ".join(str(error).split()) or type(error).__name__)[:200]
        remedy = f"connect to the internet, or save {weights.url} as {printable(place)}"
        if place.is_file():
            remedy = f"remove {printable(place)}, which is damaged, to download it again"
        raise UserError(f"the weights of {name} cannot be loaded ({cause}); {remedy}") from None
    return network


@contextlib.contextmanager
def _weights_only() -> Iterator[None]:
    """Have torch read no pickle but of tensors, which torchvision does not ask for."""
    name = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
