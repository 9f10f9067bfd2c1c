"""What the disk says of files without opening them."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator


@contextlib.contextmanager
def opened_folder(folder: str) -> Iterator[int | None]:
    """A folder, open, so that `statuses` need not follow the whole path to each file; None where that cannot be."""
    descriptor = None
    if os.stat in os.supports_dir_fd:
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def statuses(entries: Iterable[os.DirEntry[str]], folder: int | None) -> list[os.stat_result]:
    """The status of files in an opened folder; `OSError` if one is not to be had. Links are followed."""
    if folder is None:
        return [entry.stat() for entry in entries]
    return [os.stat(entry.name, dir_fd=folder) for entry in entries]


def status_of(path: str) -> tuple[os.stat_result | OSError, bool]:
    """What the disk says of a file, and whether the name is a symbolic link."""
    link = False
    try:
        status = os.lstat(path)
        link = stat.S_ISLNK(status.st_mode)
        return os.stat(path) if link else status, link  # noqa: PTH116 - there may be a million of them
    except OSError as error:
        return error, link
