"""How Python names pictures, and lists of them."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

Name = str | os.PathLike[str]
Weights = Mapping[str, float] | Mapping[Path, float]
"""Pictures with their weights, above 0."""
NOTHING: Mapping[str, float] = {}


def several(names: Name | Sequence[Name]) -> list[str]:
    """The names as text; a single one need not be in a list."""
    return [os.fspath(name) for name in ([names] if isinstance(names, str | os.PathLike) else names)]


def as_source(picture: Name) -> str:
    """The picture as `imgsearch.images.source` takes it: a path object is a file, whatever its name looks like."""
    name = os.fspath(picture)
    return name if isinstance(picture, str) or os.path.isabs(name) else os.path.join(os.curdir, name)  # noqa: PTH117, PTH118 - Path drops ./


def weighted(pictures: Weights, sign: int) -> list[tuple[str, float]]:
    """Pictures as the workflows take them, with weights of that sign; ValueError where one is not above 0."""
    for picture, weight in pictures.items():
        if not (math.isfinite(weight) and weight > 0):
            raise ValueError(f"weight {weight} of {os.fspath(picture)!r}, expected one above 0")
    return [(as_source(picture), sign * weight) for picture, weight in pictures.items()]
