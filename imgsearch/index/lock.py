"""One writer at a time: a file lock, which the system releases when its holder dies, so that none is ever stale."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from imgsearch.errors import IndexFolderError, printable
from imgsearch.index.database import explained

_WIDTH = 20


class IndexBusyError(IndexFolderError):
    """Another process is changing the index."""


if sys.platform == "win32":
    import msvcrt

    # Windows keeps others from reading locked bytes: lock one far behind the process id
    _FAR = 1 << 30

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _write_holder(descriptor: int, name: str) -> None:
    """Say who holds the lock, in one write and of one length, so that nobody reads half of it."""
    with contextlib.suppress(OSError):  # a full disk: the name is but for the others' message
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f"{name:<{_WIDTH}}\n".encode())


def _holder(descriptor: int) -> str:
    for _ in range(20):
        os.lseek(descriptor, 0, os.SEEK_SET)
        name = os.read(descriptor, _WIDTH).decode("ascii", "replace").strip()
        if name.isdigit():
            return f"process {name}"
        time.sleep(0.005)  # it has the lock, and has not written its number yet
    return "another process"


@contextlib.contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Hold the index folder's lock during the block. The file stays: deleting it would race with the next writer.

    Raises:
        IndexBusyError: another process holds it.
        IndexFolderError: the folder cannot be written.
    """
    file = folder / "lock"
    with explained(file):
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            _lock(descriptor)
        except OSError:
            who = _holder(descriptor)
            raise IndexBusyError(f"{printable(folder)}: is being written by {who}; wait for it to end") from None
        _write_holder(descriptor, str(os.getpid()))
        try:
            yield
        finally:
            _write_holder(descriptor, "")
            _unlock(descriptor)
    finally:
        os.close(descriptor)
