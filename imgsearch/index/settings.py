"""What the catalogue says of the whole index: settings, each with its checksum, changed as a whole."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

from imgsearch.index.database import damaged, explained_database, transaction

_MENDABLE = ("dimension", "search_dimension", "exclude", "graph", "slots")
"""What `imgsearch.index.salvage` can find out again, or do without."""


class Settings:
    """The settings in an open catalogue; what they are: `imgsearch.index.schema`."""

    def __init__(self, file: Path, connection: sqlite3.Connection) -> None:
        self.file = file
        self.connection = connection

    @contextlib.contextmanager
    def transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        """All of a block or nothing of it; "DEFERRED" reads one committed state."""
        with explained_database(self.file):
            try:
                with transaction(self.connection, kind):
                    yield
            except sqlite3.IntegrityError:  # rows that contradict each other: a bug of ours, unless the file is damaged
                self.require_sound()
                raise

    def require_sound(self) -> None:
        """Raise `IndexFolderError` unless SQLite finds its whole file in order."""
        with explained_database(self.file):
            problems = [row[0] for row in self.connection.execute("PRAGMA integrity_check(1)")]
        if problems != ["ok"]:
            raise damaged(self.file, f"SQLite finds it damaged ({' '.join(str(problems[:1]).split())})")

    def reindex(self) -> None:
        """Make what SQLite derives from the tables anew."""
        with explained_database(self.file):
            self.connection.execute("REINDEX")

    def setting(self, key: str) -> object:
        """The value of a setting; `IndexFolderError` if there is none."""
        row = self.connection.execute("SELECT value, checksum FROM settings WHERE key = ?", (key,)).fetchone()
        try:
            if row[1] != _checksum(key, row[0]):
                raise ValueError
            return json.loads(row[0])
        except (TypeError, ValueError, AttributeError, RecursionError):
            mendable = key in _MENDABLE
            raise damaged(self.file, f"the setting {key} is missing or unreadable", repairable=mendable) from None

    def put_setting(self, key: str, value: object) -> None:
        """Add or replace a setting."""
        text = json.dumps(value)
        self.connection.execute("INSERT OR REPLACE INTO settings VALUES(?, ?, ?)", (key, text, _checksum(key, text)))

    def count(self, key: str) -> int:
        """A setting that is a whole number, 0 or more."""
        value = self.setting(key)
        if type(value) is not int or value < 0:
            raise damaged(self.file, f"the setting {key} is {value!r}, not a count")
        return value


def _checksum(key: str, value: str) -> int:
    return zlib.crc32(f"{key}={value}".encode())
