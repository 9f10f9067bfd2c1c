"""`query --within` and `--exclude`: which pictures of an index may be answers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imgsearch.index.paths import absolute_path
from imgsearch.workflows.indexing.exclude import Excluded


@dataclass(frozen=True)
class Narrowing:
    """Only pictures within one of these, and outside all of those; `within` empty means everywhere.

    A folder that exists means all below it, wherever links lead; to be left out, it is a pattern as well. What is no
    folder is a pattern, see `imgsearch.workflows.indexing.exclude`, of a picture's name, of that of a folder that holds
    it, or of the path from here to either.
    """

    within: Sequence[str] = ()
    exclude: Sequence[str] = ()

    def of(self, root: Path, here: Path) -> Narrowed | None:
        """What it means for stored paths of an index with that root; None where it leaves out nothing."""
        return Narrowed(self, root, here) if self.within or self.exclude else None


class Narrowed:
    """Says for stored paths whether they may be answers; it looks at each folder once."""

    def __init__(self, narrowing: Narrowing, root: Path, here: Path) -> None:
        folders = [entry for entry in narrowing.within if (here / entry).is_dir()]
        self._root, self._here = root, here
        self._everywhere = not narrowing.within
        self._within_folders = [_real(here / folder) for folder in folders]
        self._without_folders = [_real(here / entry) for entry in narrowing.exclude if (here / entry).is_dir()]
        self._within = Excluded(_from_here(glob, here) for glob in narrowing.within if glob not in folders)
        self._exclude = Excluded(_from_here(glob, here) for glob in narrowing.exclude)
        self._known: dict[str, tuple[str, bool, bool]] = {}

    def __call__(self, stored: str) -> bool:
        """Whether the picture of that stored path may be an answer."""
        folder, _, name = stored.rpartition("/")
        if (known := self._known.get(folder)) is None:
            known = self._known[folder] = self._look_at(absolute_path(folder, self._root))
        prefix, within, excluded = known
        return not excluded and (within or self._within(prefix + name)) and not self._exclude(prefix + name)

    def _look_at(self, folder: Path) -> tuple[str, bool, bool]:
        """What goes before the names in it, and whether all of them are within, and excluded."""
        path = os.path.relpath(folder, self._here).replace(os.sep, "/")
        parts = [] if path == "." else path.split("/")
        ways = ["/".join(parts[: end + 1]) for end, part in enumerate(parts) if part != ".."]
        real = _real(folder)
        within, without = (
            any(real.is_relative_to(one) for one in folders) or any(map(patterns, ways))
            for folders, patterns in ((self._within_folders, self._within), (self._without_folders, self._exclude))
        )
        return "".join(f"{part}/" for part in parts), self._everywhere or within, without


def _from_here(glob: str, here: Path) -> str:
    """A pattern with folders in it as a path from here; a bare name as it is."""
    if "/" not in glob.replace(os.sep, "/").rstrip("/"):
        return glob
    return os.path.relpath(here / glob, here)


def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder))  # unlike Path.resolve, it survives a loop of links
