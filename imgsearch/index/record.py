"""One row of the catalogue."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

NUMBERS = struct.Struct("<6q")
COLUMNS = "path, size, mtime_ns, content_hash, slot, reason, checksum"
NO_ROW = (TypeError, AttributeError, struct.error)
"""What computing a checksum raises where there is a number in the place of a text, or the like."""


class Record(NamedTuple):
    """What the catalogue knows about one picture: searchable with a slot, or skipped with a reason."""

    path: str
    """Stored path, see `imgsearch.index.paths`."""
    size: int
    mtime_ns: int
    content_hash: bytes
    """16 bytes; empty for a picture that could not be read."""
    slot: int | None = None
    reason: str | None = None

    def to_row(self) -> tuple[object, ...]:
        """Its values of `COLUMNS`."""
        path = os.fsencode(self.path)
        values = (path, self.size, self.mtime_ns, self.content_hash, self.slot, self.reason)
        return *values, checksum_of(*values)

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Record | None:
        """The record whose values of `COLUMNS` these are; None where they are not as they were written."""
        path, size, mtime_ns, content_hash, slot, reason, checksum = row
        with contextlib.suppress(*NO_ROW):
            if checksum_of(path, size, mtime_ns, content_hash, slot, reason) == checksum:
                return cls(os.fsdecode(path), size, mtime_ns, content_hash, slot, reason)
        return None


def checksum_of(
    path: bytes, size: int, mtime_ns: int, content_hash: bytes, slot: int | None, reason: str | None
) -> int:
    """CRC-32 of a row; each part of it is preceded by its length, so that none runs into the next.

    Raises:
        One of `NO_ROW`: a value is of another type than was written.
    """
    text = b"\xff" if reason is None else reason.encode()  # no text in UTF-8 holds that byte
    place = -1 if slot is None else slot
    numbers = NUMBERS.pack(size, mtime_ns, place, len(path), len(content_hash), len(text))
    return zlib.crc32(b"".join((numbers, path, content_hash, text)))
