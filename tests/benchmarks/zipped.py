"""Collections of pictures in zip files with a folder a class, as the data folder holds them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from imgsearch.errors import UserError, printable

TINY_IMAGENET = tuple(f"tiny-imagenet-{number}.zip" for number in range(3))
CIFAR100 = ("cifar100-0.zip", "cifar100-1.zip")


def classes_in(file: Path) -> set[str]:
    """Names of the folders in a zip file.

    Raises:
        UserError: it is missing or damaged.
    """
    return {Path(name).parent.name for name in _members(file)}


def unpack(files: Iterable[Path], folder: Path, names: Mapping[str, str] | None = None) -> None:
    """Write the pictures of zip files into a folder a class below `folder`.

    Args:
        files: one collection, of which each may hold some classes.
        folder: made where it is missing.
        names: of the classes to take, what to call them; None: all, by their own.

    Raises:
        UserError: a file is missing or damaged.
    """
    for file in files:
        members = [(name, Path(name)) for name in _members(file)]
        with zipfile.ZipFile(file) as archive:
            for name, inside in members:
                known = inside.parent.name
                if names is None or known in names:
                    place = folder / (known if names is None else names[known]) / inside.name
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(archive.read(name))


def _members(file: Path) -> list[str]:
    try:
        with zipfile.ZipFile(file) as archive:
            return [name for name in archive.namelist() if not name.endswith("/")]
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{printable(file)}: cannot be read ({error}); give its folder by --data") from None
