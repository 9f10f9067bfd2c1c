"""Files that a command writes for people: there whole or not at all, and refused before the work begins."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from imgsearch.errors import UserError, printable


def require_writable(file: Path, option: str) -> None:
    """Raise what `replacing` would on opening, before long work whose result is meant for `file`."""
    place = _place(file)
    with _explained(file, option):
        if place.is_dir():
            raise IsADirectoryError(None, "a folder")
        if place != Path(os.path.realpath(file)):
            place.open("wb").close()
            place.unlink()


@contextlib.contextmanager
def replacing(file: Path, option: str) -> Iterator[BinaryIO]:
    """Open for writing what takes the place of `file` when the block ends; where it raises, all stays as it was.

    Raises:
        UserError: it cannot be written; the message names the `option` that asked for it.
    """
    place, target = _place(file), Path(os.path.realpath(file))
    with _explained(file, option):
        try:
            with place.open("wb") as stream:
                yield stream
            if place != target:
                place.replace(target)
        finally:
            if place != target:
                place.unlink(missing_ok=True)


def _place(file: Path) -> Path:
    """Where to write: beside the file, unless that is a device, a pipe or the like, which cannot be replaced."""
    target = Path(os.path.realpath(file))
    return target if target.exists() and not target.is_file() else target.with_name(f"{target.name}.part")


@contextlib.contextmanager
def _explained(file: Path, option: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"{printable(file)}: cannot be written ({reason}); name another file for {option}") from None
