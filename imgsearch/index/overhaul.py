"""Changes to a whole catalogue at once; the caller holds a transaction."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Sequence

from imgsearch.index.catalogue import Catalogue
from imgsearch.index.record import COLUMNS, Record


def take_pictures(catalogue: Catalogue, other: Catalogue) -> None:
    """Know the pictures of another catalogue, in their slots there, and its sources, instead of all here."""
    for table, columns in {"pictures": 7, "holes": 1, "sources": 2}.items():
        catalogue.connection.execute(f"DELETE FROM {table}")
        rows = other.connection.execute(f"SELECT * FROM {table} ORDER BY rowid")
        catalogue.connection.executemany(f"INSERT INTO {table} VALUES({','.join('?' * columns)})", rows)
    for key in ("dimension", "slots"):
        catalogue.put_setting(key, other.count(key))


def fill(catalogue: Catalogue, records: Iterable[Record], holes: Iterable[int], sources: Iterable[bytes]) -> None:
    """Take in all of another catalogue, into an empty one."""
    for record in records:
        catalogue.write(record)
    catalogue.connection.executemany("INSERT INTO holes VALUES(?)", ((slot,) for slot in holes))
    for path in sources:
        catalogue.add_source(os.fsdecode(path))


def renumber(catalogue: Catalogue, slots: Sequence[int]) -> None:
    """The picture in `slots[i]` gets slot i, for all living slots in ascending order; no hole is left."""
    for new, old in enumerate(slots):  # none collides: the slots up to `new` are settled
        if new != old:
            for record in catalogue.select("WHERE slot = ?", [int(old)]):
                catalogue.write(record._replace(slot=new))
    catalogue.connection.execute("DELETE FROM holes")
    catalogue.put_setting("slots", len(slots))


def forget_damaged(catalogue: Catalogue) -> tuple[int, int]:
    """Drop pictures and sources that are not as they were written, and find the holes anew; how many of each."""
    count = catalogue.count("slots")
    free = set(range(count))
    dropped: list[list[int]] = [[], []]
    for number, *row in catalogue.connection.execute(f"SELECT rowid, {COLUMNS} FROM pictures").fetchall():
        record = Record.from_row(row)
        if record is None or not (record.slot is None or record.slot in free):
            dropped[0].append(number)
        elif record.slot is not None:
            free.remove(record.slot)
    for number, path, checksum in catalogue.connection.execute("SELECT rowid, path, checksum FROM sources").fetchall():
        if type(path) is not bytes or checksum != zlib.crc32(path):
            dropped[1].append(number)
    for table, numbers in zip(("pictures", "sources"), dropped, strict=True):
        catalogue.connection.executemany(f"DELETE FROM {table} WHERE rowid = ?", ((number,) for number in numbers))
    catalogue.connection.execute("DELETE FROM holes")
    catalogue.connection.executemany("INSERT INTO holes VALUES(?)", ((slot,) for slot in sorted(free)))
    return len(dropped[0]), len(dropped[1])
