"""The tables of the catalogue, and opening one: of this format, whole, and made by nobody's tricks.

    settings   key, value as JSON: format_version, model (digest), model_files (name → size and CRC-32), dimension,
               search_dimension, slots, moves, graph, exclude, model_number and vectors_number (see
               `imgsearch.index.files`)
    pictures   path, size, mtime_ns, content_hash, and either a slot (searchable) or a reason (skipped)
    holes      slots that were given out and that no picture has any more
    sources    the folders and files that were asked to be indexed

Every row but a hole carries a checksum of what it says; holes are held against the slots of the pictures.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from imgsearch.errors import IndexFolderError, printable
from imgsearch.index.database import damaged, database, transaction

FORMAT_VERSION = 3
NUMBERS = ("model_number", "vectors_number")
"""The settings that say which files count."""
TABLES = {
    "settings": "CREATE TABLE settings(key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL)",
    "pictures": "CREATE TABLE pictures(path BLOB PRIMARY KEY NOT NULL, size INTEGER NOT NULL,"
    " mtime_ns INTEGER NOT NULL, content_hash BLOB NOT NULL, slot INTEGER UNIQUE, reason TEXT,"
    " checksum INTEGER NOT NULL, CHECK ((slot IS NULL) = (reason IS NOT NULL)))",
    "holes": "CREATE TABLE holes(slot INTEGER PRIMARY KEY)",
    "sources": "CREATE TABLE sources(path BLOB PRIMARY KEY NOT NULL, checksum INTEGER NOT NULL)",
}
OLD_TABLES = {
    "settings": "CREATE TABLE settings(key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "pictures": "CREATE TABLE pictures(\n    path BLOB PRIMARY KEY NOT NULL, size INTEGER NOT NULL,"
    " mtime_ns INTEGER NOT NULL, content_hash BLOB NOT NULL,\n    slot INTEGER UNIQUE, reason TEXT,"
    " CHECK ((slot IS NULL) = (reason IS NOT NULL))\n)",
    "holes": TABLES["holes"],
    "sources": "CREATE TABLE sources(path BLOB PRIMARY KEY NOT NULL)",
}
"""Of formats 1 and 2, see `imgsearch.index.upgrade`."""


class FormatError(IndexFolderError):
    """An index of another format than this imgsearch reads."""


@contextlib.contextmanager
def open_database(file: Path, mode: str) -> Iterator[tuple[sqlite3.Connection, int]]:
    """An open catalogue file and its format version; `mode` as in `imgsearch.index.database`.

    Raises:
        IndexFolderError: missing, damaged, made by a newer version, busy, or not to be written.
    """
    with database(file, mode) as connection:
        row = connection.execute("SELECT value FROM settings WHERE key = 'format_version'").fetchone()
        text = str(row[0]) if row else ""
        version = int(text) if text.isascii() and text.isdecimal() else 0
        if version < 1:
            raise damaged(file, f"its format version is {text or 'missing'}, which never was one")
        if version > FORMAT_VERSION:
            whose = f"made by a newer imgsearch (format {version}, this one reads {FORMAT_VERSION}); upgrade imgsearch"
            raise FormatError(f"{printable(file.parent)}: {whose}")
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        if dict(found) != (TABLES if version == FORMAT_VERSION else OLD_TABLES):
            raise damaged(file, "its tables are not those of an index")
        yield connection, version


@contextlib.contextmanager
def new_database(file: Path) -> Iterator[sqlite3.Connection]:
    """Empty tables to be filled in the block: a file that is written beside, and then put in the place of `file`."""
    beside = file.with_name(file.name + ".part")
    for leftover in (beside, beside.with_name(beside.name + "-journal")):
        leftover.unlink(missing_ok=True)
    with database(beside, "rwc") as connection, transaction(connection):
        for statement in TABLES.values():
            connection.execute(statement)
        yield connection
    beside.replace(file)
