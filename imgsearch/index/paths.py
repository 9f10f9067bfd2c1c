"""How pictures are named inside an index: relative to its root, so that folder and index move together.

The root is the folder that holds `.imgsearch`. A stored path is a str with '/' between its parts; bytes that are not
UTF-8 are surrogates in it, as `os.fsdecode` makes them, and are stored as the bytes they were.
"""

from __future__ import annotations

import os
from pathlib import Path


def stored_path(path: Path, root: Path) -> str:
    """The name of `path` inside an index at `root` (absolute, free of symbolic links).

    A path below the root keeps its own spelling, symbolic links included. One that reaches the root through a link is
    spelt by its real folder, so that it moves along. One outside becomes '../x'; absolute on another Windows drive.
    """
    whole = path.absolute()
    if ".." in whole.parts:  # `link/..` is not where it seems to be: only the disk knows
        whole = whole.parent.resolve() / whole.name if whole.name != ".." else whole.resolve()
    if not whole.is_relative_to(root):
        real = whole.parent.resolve() / whole.name
        if real.is_relative_to(root):
            whole = real
        elif whole.resolve().is_relative_to(root):
            whole = whole.resolve()
    try:
        relative = os.path.relpath(whole, root)
    except ValueError:  # another Windows drive
        relative = str(whole)
    return relative.replace(os.sep, "/")


def absolute_path(stored: str, root: Path) -> Path:
    """Where the picture of that stored path lies: absolute, with '..' worked out by spelling alone."""
    return Path(absolute_name(stored, os.fspath(root)))


def absolute_name(stored: str, root: str) -> str:
    """`absolute_path` as a string, which takes less time where there are many."""
    return os.path.normpath(os.path.join(root, stored))  # noqa: PTH118 - a Path costs, and there are ten a question


class FileIdentity:
    """Tells whether two paths lead to the same file, at the price of one lstat a path: real folders are remembered."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def resolve(self, path: Path) -> Path:
        """The path with every symbolic link followed; a missing file resolves, too, and so does a loop of links."""
        return Path(self.real_name(os.fspath(path.absolute())))

    def real_name(self, name: str) -> str:
        """`resolve` as strings, of an absolute path."""
        folder, last = os.path.split(name)
        if last in {"", ".."} or os.path.islink(name):  # noqa: PTH114 - as above
            return os.path.realpath(name)
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = os.path.realpath(folder)
        return os.path.join(real, last)  # noqa: PTH118 - as above
