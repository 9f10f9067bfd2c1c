"""Reading picture files whole: ordinary files alone, none too large, and bytes of one moment."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from imgsearch.errors import PictureError
from imgsearch.images.memory import budget

LARGE = 8_000_000
"""Files of more bytes are read and decoded one at a time."""

CHANGED = "changed while it was read"


@dataclass(frozen=True)
class Content:
    """A file's bytes, with the size and time of change (nanoseconds) that belong to them."""

    content: bytes
    size: int
    mtime_ns: int


@contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[Content]:
    """`read_file` for threads: large files take turns, until the block ends; decode the picture in there.

    Raises:
        PictureError: see `read_file`.
    """
    try:
        size = os.stat(path).st_size  # noqa: PTH116 - a str will do, and a Path costs
    except (OSError, ValueError):
        size = 0  # `read_file` says it better
    if size <= LARGE:
        yield read_file(path)
        return
    with budget().alone(size):
        yield read_file(path)


def read_file(path: str | os.PathLike[str]) -> Content:
    """A picture file's content; a file that changes meanwhile is read once more.

    Raises:
        PictureError: it is missing, empty, huge, unreadable, changing, or no ordinary file (a pipe named .jpg would
            never end). Where the system refused, the OSError is its cause.
    """
    shown = os.fspath(path)
    try:
        for _ in range(2):
            if (found := _read(shown)) is not None:
                return found
    except FileNotFoundError as error:
        raise PictureError(shown, "no such file") from error
    except OSError as error:
        raise PictureError(shown, f"cannot be read ({error.strerror or error})") from error
    except ValueError as error:  # a NUL in the name
        raise PictureError(shown, f"cannot be read ({error})") from None
    raise PictureError(shown, CHANGED)


def read_picture(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a picture file; errors as of `read_file`."""
    return read_file(path).content


def content_hash(content: bytes) -> bytes:
    """A file's identity, whatever its name: BLAKE2b, 16 bytes."""
    return hashlib.blake2b(content, digest_size=16).digest()


def largest_file() -> int:
    """Bytes of the largest picture file that is read."""
    return budget().total * 3 // 4


def _read(path: str) -> Content | None:
    """The file as it is now, or None if it changed on the way."""
    _check(path, os.stat(path))  # noqa: PTH116 - before opening, which on some devices already does something
    with open(path, "rb", opener=_without_waiting) as file:
        before = os.fstat(file.fileno())
        _check(path, before)  # again: another file may have taken its place
        content = file.read(before.st_size + 1)  # a file that grows must not be read for ever
        after = os.fstat(file.fileno())
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if not same or len(content) != before.st_size:
        return None
    return Content(content, before.st_size, before.st_mtime_ns)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _check(path: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise PictureError(path, "a folder, not a picture")
    if not stat.S_ISREG(status.st_mode):
        raise PictureError(path, "not an ordinary file")
    if status.st_size == 0:
        raise PictureError(path, "empty file")
    if status.st_size > largest_file():
        raise PictureError(path, f"{status.st_size:,} bytes, more than the {largest_file():,} that there is memory for")
