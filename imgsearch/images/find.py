"""Which files under a folder are pictures, and which class each belongs to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from imgsearch.errors import UserError, printable

_PHOTOGRAPHS = (".jpg", ".jpeg", ".jpe", ".jfif", ".heic", ".heif", ".avif", ".webp", ".tif", ".tiff", ".jp2")
_GRAPHICS = (".png", ".gif", ".bmp", ".dib", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".ico")
SUFFIXES = _PHOTOGRAPHS + _GRAPHICS
SKIPPED_FOLDERS = frozenset({"node_modules", "@eaDir", "__MACOSX"})


def find_pictures(
    folder: str | os.PathLike[str], *, unreadable: Callable[[Path, OSError], None] = lambda path, error: None
) -> Iterator[Path]:
    """Every file below `folder` whose name says picture, in a stable order.

    Hidden files and folders, `node_modules` and `@eaDir` are left out. Symbolic links are followed; a folder that was
    visited already, by whatever name, is not entered again, so that a loop of links ends. A sub-folder that cannot be
    listed is passed to `unreadable`, and the walk goes on.

    Raises:
        UserError: `folder` is missing or cannot be listed.
    """
    top = Path(folder)
    if not top.is_dir():
        problem = "not a folder" if top.exists() else "no such folder"
        raise UserError(f"{printable(top)}: {problem}; give the folder that holds the pictures")
    try:
        os.scandir(top).close()
    except OSError as error:
        raise UserError(f"{printable(top)}: cannot be listed ({error.strerror}); check its permissions") from None
    yield from _walk(top, set(), unreadable)


def _walk(folder: Path, visited: set[tuple[int, int]], unreadable: Callable[[Path, OSError], None]) -> Iterator[Path]:
    try:
        status = folder.stat()
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        unreadable(folder, error)
        return
    if (status.st_dev, status.st_ino) in visited:
        return
    visited.add((status.st_dev, status.st_ino))
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            is_folder = entry.is_dir()
        except OSError:  # a link that points to itself
            continue
        if is_folder:
            if entry.name not in SKIPPED_FOLDERS:
                yield from _walk(folder / entry.name, visited, unreadable)
        elif entry.name.lower().endswith(SUFFIXES):
            yield folder / entry.name


def class_of(picture: Path) -> str:
    """A picture's class: the name of its parent folder."""
    return picture.parent.name
