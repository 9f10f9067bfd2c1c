"""Looking at files, at the price of one stat each, and holding them against what an index knows of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from imgsearch.errors import PictureError
from imgsearch.index import Record
from imgsearch.workflows.indexing.below import Folders, Tree, folders_above
from imgsearch.workflows.indexing.names import StoredNames
from imgsearch.workflows.indexing.options import Before, Options

GONE = (FileNotFoundError, NotADirectoryError)
"""What says that there is no such file; any other error says that it is not known."""


@dataclass(frozen=True)
class Found:
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
    unchanged: list[Record] = field(default_factory=list)
    unreadable: dict[str, PictureError] = field(default_factory=dict)
    missing: list[PictureError] = field(default_factory=list)
    """Listed files that are not there, or are folders."""
    found: set[str] = field(default_factory=set)
    """All that are there, as far as can be told."""
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

    @cached_property
    def indexed(self) -> Tree:
        """The paths of all that is indexed, by folder."""
        return Tree(self.before.records)

    def files(self, files: Iterable[str | os.PathLike[str]]) -> None:
        """Look at the files of a list, whatever their names; those that are not there are `missing`."""
        excluded = 0
        for file in files:
            path = os.fspath(file)
            status, link = _status(path)
            folder, name = os.path.split(path)
            stored = self.names.of(folder or ".", name, is_link=link)
            if isinstance(status, os.stat_result) and stat.S_ISDIR(status.st_mode):
                self.missing.append(PictureError(path, "a folder; to index what is in it, name it as FOLDER"))
            elif stored not in self.found and self._is_excluded(stored):
                excluded += 1
            elif isinstance(status, GONE):
                self.missing.append(PictureError(path, "no such file"))
                if stored in self.before.records and (not link or self.options.prune):
                    self.absent.append(stored)
            elif stored not in self.found:
                self._note(stored, path, status, link)
        if excluded:
            self.warn(f"{excluded:,} of the listed files are left out, as --exclude asked; --exclude '' forgets that")

    def again(self, paths: Iterable[str]) -> None:
        """Look at indexed pictures one by one."""
        for stored in paths:
            if stored in self.left_out or self._is_excluded(stored):
                continue
            path = os.path.join(self.before.root, stored)  # noqa: PTH118 - there may be a million of them
            self._note(stored, path, *_status(path))
            if stored not in self.found:
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
            self.failed(stored, path, status, link)
        else:
            self.there(stored, path, status)

    def there(self, stored: str, path: str, status: os.stat_result) -> None:
        """A file is there, and is as it was or has to be read."""
        self.found.add(stored)
        record = self.before.records.get(stored)
        if (
            record is not None
            and record.size == status.st_size
            and record.mtime_ns == status.st_mtime_ns
            and (record.reason is None or self.options.max_pixels is None)
        ):
            self.unchanged.append(record)
        else:
            self.changed[stored] = Found(path, status.st_size, status.st_mtime_ns)

    def failed(self, stored: str, path: str, error: OSError, link: bool) -> None:
        """A file is gone, or the disk does not say.

        A link that leads nowhere may lead to a disk that is not plugged in: only --prune takes it for gone.
        """
        given_up = self.options.prune and stored in self.before.records
        if isinstance(error, GONE) and (not link or given_up):
            return
        self.found.add(stored)
        self.unreadable[stored] = PictureError(path, f"cannot be read ({error.strerror})")


def _status(path: str) -> tuple[os.stat_result | OSError, bool]:
    """What the disk says of a file, and whether the name is a symbolic link."""
    link = False
    try:
        status = os.lstat(path)
        link = stat.S_ISLNK(status.st_mode)
        return os.stat(path) if link else status, link  # noqa: PTH116 - there may be a million of them
    except OSError as error:
        return error, link
