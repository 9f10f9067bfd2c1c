"""What tells whether a file has changed, of all pictures that an index knows."""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from zlib import crc32

from imgsearch.errors import IndexFolderError
from imgsearch.index.database import damaged
from imgsearch.index.record import COLUMNS, NO_ROW, NUMBERS


class Known:
    """Stored paths in the order of indexing, each with its file's size and time of change.

    Arrays of numbers rather than a record for each picture, which would take three times the memory and the time.
    """

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.sizes = array("q")
        self.times = array("q")
        """In nanoseconds."""
        self.reasons: dict[str, str] = {}
        """Stored path → why the picture is skipped, of those that are."""

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The place of each path among them, made on first use, when all are there: to be had only where need be."""
        return {path: number for number, path in enumerate(self.paths)}

    def add(self, path: str, size: int, mtime_ns: int, reason: str | None = None) -> None:
        """One more picture; a path comes once."""
        self.paths.append(path)
        self.sizes.append(size)
        self.times.append(mtime_ns)
        if reason is not None:
            self.reasons[path] = reason

    def is_searchable(self, path: str) -> bool:
        """Whether the picture is known and not skipped."""
        return path in self.numbers and path not in self.reasons

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def __contains__(self, path: str) -> bool:
        return path in self.numbers


def read_known(connection: sqlite3.Connection, file: Path) -> tuple[Known, array[int]]:
    """All pictures in the catalogue `file`, and the slots of those that have one.

    SQLite calls a function with each row, which takes two thirds of the time that fetching the rows does.

    Raises:
        IndexFolderError: a row is not as it was written.
    """
    known, slots = Known(), array("q")
    add_path, add_size, add_time = known.paths.append, known.sizes.append, known.times.append
    pack, encoding, errors = NUMBERS.pack, sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()
    failures: list[BaseException] = []

    def take(
        path: bytes, size: int, mtime_ns: int, content_hash: bytes, slot: int | None, reason: str | None, checksum: int
    ) -> int:
        try:
            # `checksum_of` and `os.fsdecode`, written out: to call them for each row takes a seventh of the time
            text = b"\xff" if reason is None else reason.encode()
            place = -1 if slot is None else slot
            numbers = pack(size, mtime_ns, place, len(path), len(content_hash), len(text))
            if crc32(b"".join((numbers, path, content_hash, text))) != checksum:
                raise damaged_row(file)
            add_path(path.decode(encoding, errors))
            add_size(size)
            add_time(mtime_ns)
            if slot is not None:
                slots.append(slot)
            if reason is not None:
                known.reasons[known.paths[-1]] = reason
        except NO_ROW:
            failures.append(damaged_row(file))
            raise
        except BaseException as error:  # Ctrl-C, too: SQLite only says that something was raised
            failures.append(error)
            raise
        return 1

    connection.create_function("take", 7, take)
    try:
        connection.execute(f"SELECT count(take({COLUMNS})) FROM pictures").fetchone()
    except sqlite3.OperationalError:
        if failures:
            raise failures[0] from None
        raise
    finally:
        connection.create_function("take", 7, None)
    return known, slots


def damaged_row(file: Path) -> IndexFolderError:
    """The error for a catalogue in which a picture's row is not as it was written."""
    return damaged(file, "what it says of a picture is not as it was written", repairable=True)
