"""One row of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """What the catalogue knows about one picture: searchable with a slot, or skipped with a reason."""

    path: str
    """Stored path, see `imgsearch.index.paths`."""
    size: int
    mtime_ns: int
    content_hash: bytes
    """16 bytes; empty for a picture that could not be read."""
    slot: int | None = None
    reason: str | None = None
