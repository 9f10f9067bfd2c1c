"""Places where an index has only so much room."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

BeforeIt = Callable[[], None]
"""What a child process does before its command begins."""


class LimitedFiles:
    """A folder in which no file may become longer than so many bytes, by RLIMIT_FSIZE of the child."""

    name = "file size"

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextlib.contextmanager
    def limited(self, room: int) -> Iterator[BeforeIt]:
        """A block in which that is so for children that call what it gives."""
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))


class SmallDisk:
    """A mounted tmpfs of which all but so many bytes are taken."""

    name = "tmpfs"

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextlib.contextmanager
    def limited(self, room: int) -> Iterator[BeforeIt]:
        """A block in which a file takes the rest."""
        ballast = self.root / "ballast"
        status = os.statvfs(self.root)
        with ballast.open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, max(1, status.f_bavail * status.f_frsize - room))
        try:
            yield lambda: None
        finally:
            ballast.unlink()

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        """A block in which nothing on it can be written."""
        subprocess.run(["mount", "-o", "remount,ro", self.root], check=True)
        try:
            yield
        finally:
            subprocess.run(["mount", "-o", "remount,rw", self.root], check=True)


@contextlib.contextmanager
def small_disk(root: Path, size: int = 16 << 20) -> Iterator[SmallDisk | None]:
    """A tmpfs of `size` bytes, mounted at the empty folder `root` during the block; None where that is not allowed."""
    root.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "imgsearch-proof", str(root)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield SmallDisk(root)
    finally:
        subprocess.run(["umount", root], check=True)
