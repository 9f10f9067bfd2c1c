"""The source of truth: which pictures an index knows, and in which slot of the vector file each has its row.

    settings   key, value as JSON: format_version, model (digest), dimension, search_dimension, slots, graph,
               model_number and vectors_number (see `imgsearch.index.files`; not in format 1)
    pictures   path, size, mtime_ns, content_hash, and either a slot (searchable) or a reason (skipped)
    holes      slots that were given out and that no picture has any more
    sources    the folders and files that were asked to be indexed

A slot of a vector file is given out once and never again, so that whoever reads an older state still finds that state's
vectors.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from imgsearch.errors import IndexFolderError, printable
from imgsearch.index.database import damaged, database, explained_database, transaction
from imgsearch.index.files import Files
from imgsearch.index.record import Record
from imgsearch.index.state import State

FORMAT_VERSION = 2
_NUMBERS = ("model_number", "vectors_number")
_SCHEMA = """
CREATE TABLE settings(key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE pictures(
    path BLOB PRIMARY KEY NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, content_hash BLOB NOT NULL,
    slot INTEGER UNIQUE, reason TEXT, CHECK ((slot IS NULL) = (reason IS NOT NULL))
);
CREATE TABLE holes(slot INTEGER PRIMARY KEY);
CREATE TABLE sources(path BLOB PRIMARY KEY NOT NULL);
"""
_PUT = """
INSERT INTO pictures VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT(path) DO UPDATE SET size = excluded.size,
    mtime_ns = excluded.mtime_ns, content_hash = excluded.content_hash, slot = excluded.slot, reason = excluded.reason
"""
_WINNERS_AT_ONCE = 500  # SQLite takes at most 999 values in one statement on older systems


class Catalogue:
    """The statements on an open catalogue; those that write belong inside `transaction()`."""

    def __init__(self, file: Path, connection: sqlite3.Connection) -> None:
        self.file = file
        self._connection = connection

    @contextlib.contextmanager
    def transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        """All of a block or nothing of it; "DEFERRED" reads one committed state."""
        with explained_database(self.file), transaction(self._connection, kind):
            yield

    def setting(self, key: str) -> object:
        """The value of a setting; `IndexFolderError` if there is none."""
        row = self._connection.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
        try:
            return json.loads(row[0])
        except (TypeError, ValueError):
            raise damaged(self.file, f"the setting {key} is missing or unreadable") from None

    def put_setting(self, key: str, value: object) -> None:
        """Add or replace a setting."""
        self._connection.execute("INSERT OR REPLACE INTO settings VALUES(?, ?)", (key, json.dumps(value)))

    def count(self, key: str) -> int:
        """A setting that is a whole number, 0 or more."""
        value = self.setting(key)
        if type(value) is not int or value < 0:
            raise damaged(self.file, f"the setting {key} is {value!r}, not a count")
        return value

    def state(self) -> State:
        """The last committed state."""
        with self.transaction("DEFERRED"):
            slots = self.count("slots")
            holes = [slot for (slot,) in self._connection.execute("SELECT slot FROM holes ORDER BY slot")]
            graph = self.setting("graph")
        if holes and (holes[-1] >= slots or holes[0] < 0):
            raise damaged(self.file, "a removed slot lies behind the last one")
        return State(slots, np.array(holes, dtype=np.int64), graph if isinstance(graph, dict) else None)

    def files(self) -> Files:
        """The files that count."""
        with self.transaction("DEFERRED"):
            numbers = [self.count(key) for key in _NUMBERS] if self.count("format_version") > 1 else []
        return Files(self.file.parent, *numbers)

    def put_model(self, digest: str, files: Files, search_dimension: int) -> None:
        """Another model counts from now on, and these files; there is no graph for it."""
        numbers = dict(zip(_NUMBERS, (files.model_number, files.vectors_number), strict=True))
        others = {"model": digest, "search_dimension": search_dimension, "graph": None}
        for key, value in {"format_version": FORMAT_VERSION, **numbers, **others}.items():
            self.put_setting(key, value)

    def take_pictures(self, other: Catalogue) -> None:
        """Know the pictures of another catalogue, in their slots there, and its sources, instead of all here."""
        for table, columns in {"pictures": 6, "holes": 1, "sources": 1}.items():
            self._connection.execute(f"DELETE FROM {table}")
            rows = other._connection.execute(f"SELECT * FROM {table} ORDER BY rowid")
            self._connection.executemany(f"INSERT INTO {table} VALUES({','.join('?' * columns)})", rows)
        for key in ("dimension", "slots"):
            self.put_setting(key, other.count(key))

    def paths(self, slots: Iterable[int]) -> dict[int, str]:
        """Slot → stored path; a slot that no picture has is left out."""
        wanted = sorted({int(slot) for slot in slots})
        found: dict[int, str] = {}
        for start in range(0, len(wanted), _WINNERS_AT_ONCE):
            part = wanted[start : start + _WINNERS_AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = self._connection.execute(f"SELECT slot, path FROM pictures WHERE slot IN ({marks})", part)
            found.update((slot, os.fsdecode(path)) for slot, path in rows)
        return found

    def records(self) -> dict[str, Record]:
        """Stored path → record, of every picture, skipped ones too."""
        rows = self._connection.execute("SELECT path, size, mtime_ns, content_hash, slot, reason FROM pictures")
        return {(name := os.fsdecode(path)): Record(name, *rest) for path, *rest in rows}

    def sources(self) -> list[str]:
        """Stored paths of what was asked to be indexed, in the order of being asked."""
        rows = self._connection.execute("SELECT path FROM sources ORDER BY rowid")
        return [os.fsdecode(path) for (path,) in rows]

    def put(self, record: Record) -> None:
        """Add a picture, or replace the one of the same path, whose slot becomes a hole."""
        self._vacate(record.path)
        reason = None if record.reason is None else printable(record.reason)
        values = (record.size, record.mtime_ns, record.content_hash, record.slot, reason)
        self._connection.execute(_PUT, (os.fsencode(record.path), *values))

    def touch(self, path: str, size: int, mtime_ns: int) -> None:
        """Remember a new size and time of a picture whose content is the same."""
        changes = (size, mtime_ns, os.fsencode(path))
        self._connection.execute("UPDATE pictures SET size = ?, mtime_ns = ? WHERE path = ?", changes)

    def remove(self, path: str) -> None:
        """Forget a picture; its slot becomes a hole."""
        self._vacate(path)
        self._connection.execute("DELETE FROM pictures WHERE path = ?", (os.fsencode(path),))

    def add_source(self, path: str) -> None:
        """Remember a folder or file that was asked to be indexed; twice is once."""
        self._connection.execute("INSERT OR IGNORE INTO sources VALUES(?)", (os.fsencode(path),))

    def remove_source(self, path: str) -> None:
        """Forget a source; an unknown one is none."""
        self._connection.execute("DELETE FROM sources WHERE path = ?", (os.fsencode(path),))

    def _vacate(self, path: str) -> None:
        found = "SELECT slot FROM pictures WHERE path = ? AND slot IS NOT NULL"
        self._connection.execute(f"INSERT INTO holes {found}", (os.fsencode(path),))


@contextlib.contextmanager
def open_catalogue(file: Path, mode: str) -> Iterator[Catalogue]:
    """An open catalogue of this format version; `mode` "ro" to read, "rw" to write (hold the lock!).

    Raises:
        IndexFolderError: missing, damaged, made by a newer version, busy, or not to be written.
    """
    with database(file, mode) as connection:
        catalogue = Catalogue(file, connection)
        version = catalogue.count("format_version")
        if version < 1:
            raise damaged(file, f"its format version is {version}, which never was one")
        if version > FORMAT_VERSION:
            whose = f"made by a newer imgsearch (format {version}, this one reads {FORMAT_VERSION}); upgrade imgsearch"
            raise IndexFolderError(f"{printable(file.parent)}: {whose}")
        yield catalogue


def create_catalogue(file: Path, settings: dict[str, object]) -> None:
    """Make an empty catalogue, whole or not at all: written beside, on the disk, then renamed."""
    beside = file.with_name(file.name + ".part")
    for leftover in (beside, beside.with_name(beside.name + "-journal")):
        leftover.unlink(missing_ok=True)
    with database(beside, "rwc") as connection, transaction(connection):
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        catalogue = Catalogue(beside, connection)
        defaults = {"format_version": FORMAT_VERSION, "slots": 0, "graph": None, **dict.fromkeys(_NUMBERS, 0)}
        for key, value in (defaults | settings).items():
            catalogue.put_setting(key, value)
    beside.replace(file)
