"""Looking at files, at the price of one stat each, and holding them against what an index knows of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from imgsearch.errors import PictureError
from imgsearch.workflows.indexing.below import Folders, Tree, folders_above
from imgsearch.workflows.indexing.names import StoredNames
from imgsearch.workflows.indexing.options import Before, Options
from imgsearch.workflows.indexing.status import opened_folder, status_of, statuses
from imgsearch.workflows.indexing.unchanged import Unchanged

GONE = (FileNotFoundError, NotADirectoryError)
"""What says that there is no such file; any other error says that it is not known."""
_AT_ONCE = 100


class Found(NamedTuple):
    """A file that has to be read."""

    path: str
    size: int
    mtime_ns: int


@dataclass
class Look:
    """What was seen on the disk so far. Paths are stored paths."""

    before: Before
    options: Options
    warn: Callable[[str], None]
    changed: dict[str, Found] = field(default_factory=dict)
    unreadable: dict[str, PictureError] = field(default_factory=dict)
    missing: list[PictureError] = field(default_factory=list)
    """Listed files that are not there, or are folders."""
    absent: list[str] = field(default_factory=list)
    """Indexed pictures that were looked at one by one and are not there."""
    filled: list[str] = field(default_factory=list)
    """Walked folders with pictures in them, and `empty` those without."""
    empty: list[str] = field(default_factory=list)
    walked: Folders = field(default_factory=Folders)
    kept: Folders = field(default_factory=Folders)
    """Files and folders of which nothing can be told."""
    left_out: Folders = field(default_factory=Folders)
    """Files and folders that were seen and are excluded."""

    def __post_init__(self) -> None:
        self.exclude = self.before.exclude(self.options)
        self.names = StoredNames(self.before.root)
        self._sources = frozenset(self.before.sources)
        self.unchanged = Unchanged(self.before.known)
        self._tried_again = () if self.options.max_pixels is None else self.before.known.reasons

    @cached_property
    def indexed(self) -> Tree:
        """The paths of all that is indexed, by folder."""
        return Tree(self.before.known)

    def is_found(self, stored: str) -> bool:
        """Whether a picture is there, as far as can be told."""
        return stored in self.changed or stored in self.unreadable or stored in self.unchanged

    def found(self) -> list[str]:
        """All that are there, as far as can be told."""
        return [*self.changed, *self.unreadable, *self.unchanged.paths()]

    def unseen(self) -> list[str]:
        """Known pictures that were not found so far."""
        return [path for path in self.unchanged.others() if path not in self.changed and path not in self.unreadable]

    def run(self, folder: str, entries: Sequence[os.DirEntry[str]]) -> None:
        """Look at pictures of a folder, whose path ends with '/'."""
        prefix = self.names.of(folder, "", is_link=False)
        with opened_folder(folder) as descriptor:
            for start in range(0, len(entries), _AT_ONCE):
                some = entries[start : start + _AT_ONCE]
                if not self._are_as_expected(prefix, some, descriptor):
                    for entry in some:
                        self._entry(folder, entry, descriptor)

    def _are_as_expected(self, prefix: str, entries: Sequence[os.DirEntry[str]], folder: int | None) -> bool:
        """Whether these are the pictures that the index names next, all unchanged: mostly so, and soon told of all."""
        if self._tried_again or not self.unchanged.expects([prefix + entry.name for entry in entries]):
            return False
        if any(map(os.DirEntry.is_symlink, entries)):  # it may have another stored path
            return False
        try:
            seen = statuses(entries, folder)
        except OSError:
            return False
        return self.unchanged.saw_expected([one.st_size for one in seen], [one.st_mtime_ns for one in seen])

    def _entry(self, folder: str, entry: os.DirEntry[str], descriptor: int | None) -> None:
        link = entry.is_symlink()
        stored = self.names.of(folder, entry.name, is_link=link)
        if self.is_found(stored):  # two of the folders lie in each other
            return
        try:
            (status,) = statuses([entry], descriptor)
        except OSError as error:
            self._failed(stored, entry.path, error, link)
        else:
            self._there(stored, entry.path, status)

    def files(self, files: Iterable[str | os.PathLike[str]]) -> None:
        """Look at the files of a list, whatever their names; those that are not there are `missing`."""
        excluded = 0
        for file in files:
            path = os.fspath(file)
            status, link = status_of(path)
            folder, name = os.path.split(path)
            stored = self.names.of(folder or ".", name, is_link=link)
            if isinstance(status, os.stat_result) and stat.S_ISDIR(status.st_mode):
                self.missing.append(PictureError(path, "a folder; to index what is in it, name it as FOLDER"))
            elif not self.is_found(stored) and self._is_excluded(stored):
                excluded += 1
            elif isinstance(status, GONE):
                self.missing.append(PictureError(path, "no such file"))
                if stored in self.before.known and (not link or self.options.prune):
                    self.absent.append(stored)
            elif not self.is_found(stored):
                self._note(stored, path, status, link)
        if excluded:
            self.warn(f"{excluded:,} of the listed files are left out, as --exclude asked; --exclude '' forgets that")

    def again(self, paths: Iterable[str]) -> None:
        """Look at indexed pictures one by one."""
        for stored in paths:
            if stored in self.left_out or self._is_excluded(stored):
                continue
            path = os.path.join(self.before.root, stored)  # noqa: PTH118 - there may be a million of them
            self._note(stored, path, *status_of(path))
            if not self.is_found(stored):
                self.absent.append(stored)

    def _is_excluded(self, stored: str) -> bool:
        """Whether a file is left out of all sources that it lies in, or of the index's root where it lies in none."""
        if not self.exclude:
            return False
        folders = [folder for folder in folders_above(stored) if folder in self._sources]
        tails = [stored[len(folder) + 1 :] for folder in folders] or [stored]
        if not all(self.exclude.covers(tail) for tail in tails):
            return False
        self.left_out.add(stored)
        return True

    def _note(self, stored: str, path: str, status: os.stat_result | OSError, link: bool) -> None:
        if isinstance(status, OSError):
            self._failed(stored, path, status, link)
        else:
            self._there(stored, path, status)

    def _there(self, stored: str, path: str, status: os.stat_result) -> None:
        """A file is there, and is as it was or has to be read."""
        size, mtime_ns = status.st_size, status.st_mtime_ns
        if stored in self._tried_again or not self.unchanged.saw(stored, size, mtime_ns):
            self.changed[stored] = Found(path, size, mtime_ns)

    def _failed(self, stored: str, path: str, error: OSError, link: bool) -> None:
        """A file is gone, or the disk does not say.

        A link that leads nowhere may lead to a disk that is not plugged in: only --prune takes it for gone.
        """
        given_up = self.options.prune and stored in self.before.known
        if isinstance(error, GONE) and (not link or given_up):
            return
        self.unreadable[stored] = PictureError(path, f"cannot be read ({error.strerror})")
