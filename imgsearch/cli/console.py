"""stdout is the answer, stderr the conversation."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from imgsearch.errors import PictureError, printable

SHOWN = 10
"""Skipped pictures that are named one by one; the rest is counted."""


def say(text: str) -> None:
    """One line on stderr, if anybody listens: a conversation that breaks off changes neither answer nor exit code."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def complain(text: str) -> None:
    """One line on stderr about what went wrong, whatever the message holds."""
    say(f"imgsearch: {printable(' '.join(line.strip() for line in text.splitlines()))}")


def shown(path: str | Path) -> str:
    """A path relative to where the user stands; absolute on another Windows drive."""
    try:
        return os.path.relpath(path)
    except ValueError:
        return str(path)


def shown_file(path: Path) -> str:
    """`shown` for files, of which there may be many in one folder."""
    folder, name = os.path.split(path)
    return _shown_folder(folder, os.getcwd()) + name  # noqa: PTH109 - a Path costs, and there are ten a question


@lru_cache(maxsize=4096)
def _shown_folder(folder: str, here: str) -> str:
    try:
        relative = os.path.relpath(folder, here)
    except ValueError:  # another Windows drive
        relative = folder
    return "" if relative == os.curdir else relative.rstrip(os.sep) + os.sep


def report_skipped(skipped: Sequence[PictureError]) -> None:
    """Name the pictures that were left out, the first few of them."""
    for error in skipped[:SHOWN]:
        complain(f"skipped {printable(shown(error.path))}: {error.reason}")
    if len(skipped) > SHOWN:
        complain(f"skipped {count(len(skipped) - SHOWN, 'more picture')}")


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 picture`, `2,000 pictures`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
