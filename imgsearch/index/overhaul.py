"""Changes to a whole catalogue at once; the caller holds a transaction."""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Iterable, Sequence

from imgsearch.errors import IndexFolderError
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
    catalogue.connection.execute("PRAGMA cache_spill = OFF")  # or readers would have to wait from here to the commit
    for new, old in enumerate(slots):  # none collides: the slots up to `new` are settled
        if new != old:
            for record in catalogue.select("WHERE slot = ?", [int(old)]):
                catalogue.write(record._replace(slot=new))
    catalogue.connection.execute("DELETE FROM holes")
    catalogue.put_setting("slots", len(slots))


def forget_damaged(catalogue: Catalogue, rows: int) -> tuple[int, int]:
    """Drop pictures and sources that are not as they were written, and find the holes anew; how many of each.

    Nor is a slot believed that is neither one of the first `rows`, which the vector file has, nor one of as many as
    there are pictures and holes: whoever made up a large number shall not have it filled with holes.
    """
    read = catalogue.connection.execute
    pictures = read(f"SELECT rowid, {COLUMNS} FROM pictures").fetchall()
    holes = [slot for (slot,) in read("SELECT slot FROM holes")]
    most = max(rows, len(pictures) + len(holes))
    owned: set[int] = set()
    dropped: list[list[int]] = [[], []]
    for number, *row in pictures:
        record = Record.from_row(row)
        if record is None or not (record.slot is None or 0 <= record.slot < most) or record.slot in owned:
            dropped[0].append(number)
        elif record.slot is not None:
            owned.add(record.slot)
    for number, path, checksum in read("SELECT rowid, path, checksum FROM sources").fetchall():
        if type(path) is not bytes or checksum != zlib.crc32(path):
            dropped[1].append(number)
    for table, numbers in zip(("pictures", "sources"), dropped, strict=True):
        catalogue.connection.executemany(f"DELETE FROM {table} WHERE rowid = ?", ((number,) for number in numbers))
    slots = _slots(catalogue, 1 + max(owned.union(slot for slot in holes if slot < most), default=-1), most)
    read("DELETE FROM holes")
    free = ((slot,) for slot in range(slots) if slot not in owned)
    catalogue.connection.executemany("INSERT INTO holes VALUES(?)", free)
    return len(dropped[0]), len(dropped[1])


def _slots(catalogue: Catalogue, least: int, most: int) -> int:
    """How many slots were given out: as the setting says where that can be, else the `least` number that can."""
    with contextlib.suppress(IndexFolderError):
        if least <= (slots := catalogue.count("slots")) <= most:
            return slots
    catalogue.put_setting("slots", least)
    catalogue.put_setting("graph", None)  # which may be of more
    return least
