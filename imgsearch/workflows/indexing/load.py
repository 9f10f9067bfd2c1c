"""Reading one file that is new or has changed: what the catalogue shall say of it, and its pixels."""

from __future__ import annotations

import time
from dataclasses import dataclass

from imgsearch.errors import PictureError
from imgsearch.images.open import decode_picture
from imgsearch.images.preprocess import Pixels, Preprocessing
from imgsearch.images.read import CHANGED, content_hash, reading
from imgsearch.index import Record
from imgsearch.workflows.indexing.contents import Contents
from imgsearch.workflows.indexing.look import Found

LOOK_AGAIN = -1
"""A time that no file has, so that the next run reads it again."""

_COARSE = 2_000_000_000
_FINE = 20_000_000


@dataclass(frozen=True)
class Loaded:
    """A file that was read: a picture to encode, a content that is indexed already, or why it is neither."""

    record: Record
    """With a reason where the picture is broken."""
    pixels: Pixels | None = None
    refused: PictureError | None = None
    """The disk did not give the file, which says nothing of the picture: nothing is to change in the index."""


def load(
    stored: str,
    found: Found,
    before: Record | None,
    contents: Contents,
    preprocessing: Preprocessing,
    max_pixels: int | None,
) -> Loaded:
    """Read a file, and decode and preprocess it unless its content is indexed already, `before` or elsewhere."""
    now = time.time_ns()
    record = Record(stored, found.size, time_to_keep(found.mtime_ns, now), content_hash=b"")
    was_read = False
    try:
        with reading(found.path) as file:
            record = Record(stored, file.size, time_to_keep(file.mtime_ns, now), content_hash(file.content))
            was_read = True
            as_before = before is not None and before.slot is not None and before.content_hash == record.content_hash
            if as_before or record.content_hash in contents:
                return Loaded(record)
            image = decode_picture(file.content, found.path, side=preprocessing.least, max_pixels=max_pixels)
            return Loaded(record, preprocessing.pixels(image))
    except PictureError as error:
        reason = error.reason
        refused = not was_read and (isinstance(error.__cause__, OSError) or reason == CHANGED)
    if refused:
        return Loaded(record, refused=PictureError(found.path, reason))
    return Loaded(Record(stored, record.size, record.mtime_ns, record.content_hash, reason=reason))


def time_to_keep(mtime_ns: int, now: int) -> int:
    """The time of change to remember of a file that was read from `now` on, both in nanoseconds.

    Whoever writes to a file twice within one tick of its disk's clock leaves the same time and perhaps the same size.
    A file that was read between the two would pass for unchanged ever after; so one that is hardly older than the tick
    is to be looked at again. FAT counts two seconds, HFS+ one, other disks some milliseconds at most.
    """
    tick = _FINE if mtime_ns % 1_000_000_000 else _COARSE
    storable = -(1 << 63) <= mtime_ns < 1 << 63  # from the year 1677 to 2262
    return LOOK_AGAIN if abs(now - mtime_ns) < tick or not storable else mtime_ns
