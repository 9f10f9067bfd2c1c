"""The source of truth: which pictures an index knows, and in which slot of the vector file each has its row.

What is in its tables: `imgsearch.index.schema`. What is read is checked; where it is not as it was written, that is
`IndexFolderError`. A slot of a vector file is given out once and never again, so that whoever reads an older state
still finds that state's vectors.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import printable
from imgsearch.index.database import damaged
from imgsearch.index.files import Files
from imgsearch.index.known import Known, damaged_row, read_known
from imgsearch.index.record import COLUMNS, Record
from imgsearch.index.schema import FORMAT_VERSION, NUMBERS, FormatError, new_database, open_database
from imgsearch.index.settings import Settings
from imgsearch.index.state import State

_PUT = """
INSERT INTO pictures VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(path) DO UPDATE SET size = excluded.size,
    mtime_ns = excluded.mtime_ns, content_hash = excluded.content_hash, slot = excluded.slot,
    reason = excluded.reason, checksum = excluded.checksum
"""
_ASKED_AT_ONCE = 500  # SQLite takes at most 999 values in one statement on older systems


class Catalogue(Settings):
    """The statements on an open catalogue; those that write belong inside `transaction()`."""

    def state(self) -> State:
        """The last committed state."""
        with self.transaction("DEFERRED"):
            slots = self.count("slots")
            holes = [slot for (slot,) in self.connection.execute("SELECT slot FROM holes ORDER BY slot")]
            moves, graph = self.count("moves"), self.setting("graph")
        if holes and (holes[-1] >= slots or holes[0] < 0):
            raise damaged(self.file, "a removed slot lies behind the last one")
        return State(slots, np.array(holes, dtype=np.int64), moves, graph if isinstance(graph, dict) else None)

    def files(self) -> Files:
        """The files that count."""
        with self.transaction("DEFERRED"):
            return Files(self.file.parent, *(self.count(key) for key in NUMBERS))

    def has_metric(self) -> bool:
        """Whether the model has a linear metric, so that there are projected vectors."""
        known = self.setting("model_files")
        return isinstance(known, dict) and "metric.npy" in known

    def put_files(self, files: Files) -> None:
        """These files count from now on, and there is no graph of them."""
        for key, value in zip(NUMBERS, (files.model_number, files.vectors_number), strict=True):
            self.put_setting(key, value)
        self.put_setting("graph", None)

    def paths(self, slots: Iterable[int], moves: int) -> dict[int, str] | None:
        """Slot → stored path; None where a slot has no picture (any more), or there were moves beyond those `moves`."""
        wanted = sorted({int(slot) for slot in slots})
        found: dict[int, str] = {}
        with self.transaction("DEFERRED"):
            for record in self._among("slot", wanted):
                found[record.slot or 0] = record.path
            return found if len(found) == len(wanted) and moves == self.count("moves") else None

    def slots(self, keep: Callable[[str], bool]) -> NDArray[np.int64]:
        """The slots of the pictures whose stored paths `keep` says yes to, ascending."""
        found = [record.slot for record in self.select() if record.slot is not None and keep(record.path)]
        return np.sort(np.array(found, dtype=np.int64))

    def known(self) -> Known:
        """What tells of every picture whether its file has changed."""
        with self.transaction("DEFERRED"):
            known, slots = read_known(self.connection, self.file)
            self._require_all(slots)
        return known

    def records(self, paths: Iterable[str] | None = None) -> dict[str, Record]:
        """Stored path → record, of these pictures or of every one, skipped ones too."""
        with self.transaction("DEFERRED"):
            if paths is not None:
                return {record.path: record for record in self._among("path", map(os.fsencode, paths))}
            found = {record.path: record for record in self.select()}
            self._require_all([record.slot for record in found.values() if record.slot is not None])
        return found

    def _require_all(self, slots: Sequence[int]) -> None:
        """The slots of all pictures are, with the holes that they have left, each slot once."""
        state = self.state()
        owned = np.sort(np.concatenate([np.array(slots, dtype=np.int64), state.holes]))
        if len(owned) != state.slots or (owned != np.arange(len(owned))).any():
            raise damaged(self.file, "a slot has no picture, or several", repairable=True)

    def sources(self) -> list[str]:
        """Stored paths of what was asked to be indexed, in the order of being asked."""
        rows = self.connection.execute("SELECT path, checksum FROM sources ORDER BY rowid").fetchall()
        if any(type(path) is not bytes or checksum != zlib.crc32(path) for path, checksum in rows):
            raise damaged(self.file, "a source folder is not as it was written", repairable=True)
        return [os.fsdecode(path) for path, _ in rows]

    def put(self, record: Record) -> None:
        """Add a picture, or replace the one of the same path, whose slot becomes a hole."""
        self._vacate(record.path)
        self.write(record if record.reason is None else record._replace(reason=printable(record.reason)))

    def touch(self, path: str, size: int, mtime_ns: int) -> None:
        """Remember a new size and time of a picture whose content is the same."""
        for record in self.select("WHERE path = ?", [os.fsencode(path)]):
            self.write(record._replace(size=size, mtime_ns=mtime_ns))

    def move(self, old: str, new: str) -> None:
        """A picture goes by another path and keeps its slot; a picture that had that path is forgotten."""
        for record in self.select("WHERE path = ?", [os.fsencode(old)]):
            self.connection.execute("DELETE FROM pictures WHERE path = ?", (os.fsencode(old),))
            self.put(record._replace(path=new))
            self.put_setting("moves", self.count("moves") + 1)

    def remove(self, path: str) -> None:
        """Forget a picture; its slot becomes a hole."""
        self._vacate(path)
        self.connection.execute("DELETE FROM pictures WHERE path = ?", (os.fsencode(path),))

    def add_source(self, path: str) -> None:
        """Remember a folder or file that was asked to be indexed; twice is once."""
        name = os.fsencode(path)
        self.connection.execute("INSERT OR IGNORE INTO sources VALUES(?, ?)", (name, zlib.crc32(name)))

    def remove_source(self, path: str) -> None:
        """Forget a source; an unknown one is none."""
        self.connection.execute("DELETE FROM sources WHERE path = ?", (os.fsencode(path),))

    def select(self, condition: str = "", values: Sequence[object] = ()) -> Iterator[Record]:
        """The records of a WHERE clause, or all."""
        rows = self.connection.execute(f"SELECT {COLUMNS} FROM pictures {condition}", values)
        for row in rows.fetchall() if condition else rows:
            record = Record.from_row(row)
            if record is None:
                raise damaged_row(self.file)
            yield record

    def _among(self, column: str, values: Iterable[object]) -> Iterator[Record]:
        """The records with these values in a column."""
        rest = iter(values)
        while part := list(itertools.islice(rest, _ASKED_AT_ONCE)):
            yield from self.select(f"WHERE {column} IN ({','.join('?' * len(part))})", part)

    def write(self, record: Record) -> None:
        """Add or replace a row; unlike `put`, it leaves no hole."""
        self.connection.execute(_PUT, record.to_row())

    def _vacate(self, path: str) -> None:
        found = "SELECT slot FROM pictures WHERE path = ? AND slot IS NOT NULL"
        self.connection.execute(f"INSERT INTO holes {found}", (os.fsencode(path),))


@contextlib.contextmanager
def open_catalogue(file: Path, mode: str) -> Iterator[Catalogue]:
    """An open catalogue of this format version; `mode` "ro" to read, "rw" to write (hold the lock!).

    Raises:
        IndexFolderError: missing, damaged, made by another version, busy, or not to be written.
    """
    with open_database(file, mode) as (connection, version):
        if version < FORMAT_VERSION:
            older = f"made by an older imgsearch (format {version})"
            remedy = "run `imgsearch index` once, which brings it up to date and reads no picture for it"
            raise FormatError(f"{printable(file.parent)}: {older}; {remedy}")
        yield Catalogue(file, connection)


@contextlib.contextmanager
def create_catalogue(file: Path) -> Iterator[Catalogue]:
    """An empty catalogue to be filled in the block: its model has to be recorded. Made whole or not at all."""
    with new_database(file) as connection:
        catalogue = Catalogue(file, connection)
        settings: dict[str, object] = {
            "format_version": FORMAT_VERSION,
            "slots": 0,
            "moves": 0,
            "graph": None,
            "exclude": [],
        }
        for key, value in {**settings, **dict.fromkeys(NUMBERS, 0)}.items():
            catalogue.put_setting(key, value)
        yield catalogue
