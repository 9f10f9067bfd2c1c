"""What every kind of training tells of itself: how it went, on which pictures, with which libraries."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from imgsearch.errors import PictureError


@dataclass(frozen=True)
class Trained:
    """What a training run came to."""

    folder: Path
    skipped: tuple[PictureError, ...]
    summary: str
    """One line about what was learned."""
    warnings: tuple[str, ...] = ()
    """A line each about what looks wrong."""
    interrupted: bool = False
    """Ctrl-C: the model is what had been learned by then."""


def describe_data(pictures: int, classes: int, hashes: Sequence[bytes]) -> dict[str, Any]:
    """Counts and a digest of the pictures' contents, whatever their names and order."""
    digest = hashlib.blake2b(b"".join(sorted(hashes)), digest_size=16)
    return {"pictures": pictures, "classes": classes, "digest": digest.hexdigest()}


def versions(*packages: str) -> dict[str, str]:
    """Installed versions by name."""
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # run from a checkout that is not installed
            found[name] = "unknown"
    return found
