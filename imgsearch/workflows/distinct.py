"""What different pictures an index holds, and which files hold each of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from imgsearch.errors import PictureError
from imgsearch.index import Index, Record
from imgsearch.index.paths import FileIdentity


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
        reason = _changed(path, record)
        if reason is not None:
            skipped.append(PictureError(str(path), reason))
            continue
        files = by_hash.setdefault(record.content_hash, {})
        real = identity.resolve(path)
        if real not in files or real == path:
            files[real] = (record.mtime_ns, record.slot, path)
    contents = []
    for files in by_hash.values():
        (_, slot, _), *_ = ordered = sorted(files.values(), key=lambda file: (file[0], os.fsencode(file[2])))
        contents.append(Content(slot, [(mtime_ns, path) for mtime_ns, _, path in ordered]))
    return contents, skipped


def _changed(path: Path, record: Record) -> str | None:
    """Why what is known of a picture cannot be relied on."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return "no such file"
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    if (status.st_size, status.st_mtime_ns) != (record.size, record.mtime_ns):
        return "changed since it was indexed; run `imgsearch index`"
    return None
