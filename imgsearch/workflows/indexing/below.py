"""Which stored paths lie below which stored folders, for many of both; see `imgsearch.index.paths`.

A folder that climbs, such as '..' or '.' (the index's root), holds every path that climbs no higher.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator


class Folders:
    """A set of stored folders, or files, that tells whether a path lies in one, at the price of the path's depth."""

    def __init__(self, folders: Iterable[str] = ()) -> None:
        self._named: set[str] = set()
        self._height = -1
        for folder in folders:
            self.add(folder)

    def add(self, folder: str) -> None:
        """One more folder."""
        if _climbs_only(folder):
            self._height = max(self._height, _height(folder))
        else:
            self._named.add(folder)

    def __contains__(self, path: str) -> bool:
        """Whether the path lies in one of the folders, or is one of them."""
        if _height(path) <= self._height:
            return True
        return path in self._named or any(folder in self._named for folder in folders_above(path))


class Tree:
    """Stored paths that are counted by folder without looking at each of them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = sorted(paths)

    def count(self, folder: str) -> int:
        """How many of the paths lie in the folder, or are it."""
        if _climbs_only(folder):
            return len(self._paths) - self._beginning("../" * (_height(folder) + 1))
        itself = bisect.bisect_right(self._paths, folder) - bisect.bisect_left(self._paths, folder)
        return itself + self._beginning(f"{folder}/")

    def _beginning(self, start: str) -> int:
        """How many begin with `start`, which ends with '/': '0' is the character after it."""
        return bisect.bisect_left(self._paths, f"{start[:-1]}0") - bisect.bisect_left(self._paths, start)


def folders_above(path: str) -> Iterator[str]:
    """The named folders that a stored path lies in, from the inside out."""
    while path := path.rpartition("/")[0]:
        yield path


def _climbs_only(folder: str) -> bool:
    return folder == "." or set(folder.split("/")) == {".."}


def _height(path: str) -> int:
    """How many folders above the index's root the path begins."""
    height = 0
    while path.startswith("../", 3 * height) or path[3 * height :] == "..":
        height += 1
    return height
