"""What different pictures an index holds, and which files hold each of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from imgsearch.errors import PictureError
from imgsearch.images.read import content_hash, read_picture
from imgsearch.index import Index, Record
from imgsearch.index.paths import FileIdentity
from imgsearch.workflows.indexing.load import LOOK_AGAIN


@dataclass(frozen=True)
class Content:
    """A picture, once however many files hold it."""

    slot: int
    files: list[tuple[int, Path]]
    """Time of change and path, the oldest first."""


def distinct_contents(index: Index) -> tuple[list[Content], list[PictureError]]:
    """What lies on the disk as it was indexed; a link to a file that is in the index, too, is no copy of it."""
    by_hash: dict[bytes, dict[Path, tuple[int, int, Path]]] = {}
    skipped: list[PictureError] = []
    identity = FileIdentity()
    for record in index.records().values():
        if record.slot is None:
            continue
        path = index.absolute(record.path)
        try:
            when = _time_of_change(path, record)
        except PictureError as error:
            skipped.append(error)
            continue
        files = by_hash.setdefault(record.content_hash, {})
        real = identity.resolve(path)
        if real not in files or real == path:
            files[real] = (when, record.slot, path)
    contents = []
    for files in by_hash.values():
        (_, slot, _), *_ = ordered = sorted(files.values(), key=lambda file: (file[0], os.fsencode(file[2])))
        contents.append(Content(slot, [(mtime_ns, path) for mtime_ns, _, path in ordered]))
    return contents, skipped


def _time_of_change(path: Path, record: Record) -> int:
    """When the file changed that a record tells of, in nanoseconds.

    Raises:
        PictureError: it is gone, or not as it was indexed.
    """
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise PictureError(str(path), "no such file") from error
    except OSError as error:
        raise PictureError(str(path), f"cannot be read ({error.strerror or error})") from error
    same = status.st_size == record.size
    if record.mtime_ns == LOOK_AGAIN:  # it was new when it was indexed, so its time says nothing
        same = same and content_hash(read_picture(path)) == record.content_hash
    elif status.st_mtime_ns != record.mtime_ns:
        same = False
    if not same:
        raise PictureError(str(path), "changed since it was indexed; run `imgsearch index`")
    return status.st_mtime_ns
