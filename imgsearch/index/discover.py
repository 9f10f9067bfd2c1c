"""Which index a command means."""

from __future__ import annotations

import os
from pathlib import Path

from imgsearch.errors import IndexFolderError, printable

NAME = ".imgsearch"
VARIABLE = "IMGSEARCH_INDEX"
CATALOGUE = "catalogue.sqlite"


def find_index(explicit: Path | None, start: Path) -> Path:
    """The index folder: `explicit` (--index), else $IMGSEARCH_INDEX, else the nearest `.imgsearch/` from `start` up.

    The first two may name the index folder itself or the folder that holds its `.imgsearch`.

    Raises:
        IndexFolderError: there is none.
    """
    remedy = "run `imgsearch index FOLDER` first"
    named = os.environ.get(VARIABLE)
    if explicit is not None:
        return _index_at(explicit, f"{printable(explicit)}: no index there; {remedy}, or name another --index")
    if named:
        return _index_at(Path(named), f"{printable(named)}: no index there; {remedy}, or unset ${VARIABLE}")
    start = start.absolute()
    for folder in (start, *start.parents):
        if _is_folder(folder / NAME):
            return folder / NAME
    raise IndexFolderError(f"{printable(start)}: no index in this folder or above it; {remedy}")


def index_to_write(explicit: Path | None, start: Path) -> tuple[Path, bool]:
    """Where `index` writes, and whether an index is there already.

    The index that `find_index` finds; else a new one: `explicit` (or $IMGSEARCH_INDEX) itself where that is missing or
    empty, its `.imgsearch` where it holds other things, `.imgsearch` in `start` where neither is given.
    """
    named = os.environ.get(VARIABLE)
    wanted = explicit or (Path(named) if named else None)
    try:
        found = find_index(wanted, start)
    except IndexFolderError:
        if wanted is None:
            return start / NAME, False
        occupied = _is_folder(wanted) and any(wanted.iterdir())
        return (wanted / NAME if occupied else wanted), False
    return found, (found / CATALOGUE).exists()


def _index_at(folder: Path, otherwise: str) -> Path:
    for candidate in (folder, folder / NAME):
        if _is_folder(candidate) and ((candidate / CATALOGUE).exists() or candidate.name == NAME):
            return candidate
    raise IndexFolderError(otherwise)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a folder that may not be entered holds no index for us
        return False
