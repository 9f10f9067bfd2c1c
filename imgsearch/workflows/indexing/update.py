"""`index`: bring an index up to date with folders of pictures, touching only what changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from imgsearch.encoder import BATCH_SIZE, Encoder
from imgsearch.errors import PictureError, printable
from imgsearch.images.open import content_hash, decode_picture, read_picture
from imgsearch.images.pipeline import batched, ordered_map
from imgsearch.images.preprocess import Pixels, to_square
from imgsearch.index import Index, Record, Writer
from imgsearch.model import Model
from imgsearch.progress import progress
from imgsearch.workflows.scan import scan_folders


@dataclass
class IndexReport:
    """What an update came to, in pictures."""

    index: Path
    """The folder of the index that was updated."""
    pictures: int = 0
    """All that can be searched in it now."""
    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    skipped: list[PictureError] = field(default_factory=list)
    """All that cannot be searched, those included that an earlier run found broken and that have not changed since."""
    reprojected: int = 0
    """Those that are compared through another linear metric now, without having been opened."""
    seconds: float = 0.0
    interrupted: bool = False
    """Ctrl-C: what is counted here is in the index, the rest is not yet."""


@dataclass(frozen=True)
class _Loaded:
    """One file that was read: a picture to encode, the same content as before, or a record that says why not."""

    record: Record
    pixels: Pixels | None = None


def update_index(
    index: Index,
    folders: Sequence[Path] = (),
    *,
    model: Model | None = None,
    prune: bool = False,
    warn: Callable[[str], None] = lambda _: None,
    tell: Callable[[str], None] = lambda _: None,
) -> IndexReport:
    """Add, update and remove pictures until `index` says what is in `folders` (by default all that it was made of).

    Every batch is committed. What counts as removed, and when `warn` is called instead: see `scan_folders`. With a
    `model`, which has the encoder of the index's own, all pictures are compared through its linear metric from now on.

    Raises:
        UserError: a folder is missing or holds no pictures, or the index has no folders yet.
        ValueError: the model has another encoder; see `imgsearch.workflows.remodel`.
    """
    began = time.monotonic()
    report = IndexReport(index.folder)
    with index.writer() as writer:
        known = index.records()
        scan = scan_folders(index, known, folders, prune=prune, warn=warn)
        if model is not None:
            report.reprojected = _reproject(index, writer, model, tell)
        with writer.together():
            for source in scan.sources:
                writer.add_source(source)
            for source in scan.dropped:
                writer.remove_source(source)
            writer.remove(scan.gone)
        report.removed = len(scan.gone)
        report.unchanged = sum(record.reason is None for record in scan.unchanged)
        broken = [record for record in scan.unchanged if record.reason is not None]
        report.skipped = [_skipped(index.absolute(record.path), record) for record in broken]
        before = replace(report)
        try:
            if scan.changed:
                _add(index, writer, scan.changed, known, report)
        except KeyboardInterrupt:  # which may have come between a commit and its count
            report = _recounted(index, scan.changed, known, before)
    report.pictures = len(index)
    report.seconds = time.monotonic() - began
    return report


def _reproject(index: Index, writer: Writer, model: Model, tell: Callable[[str], None]) -> int:
    began = time.monotonic()
    writer.reproject(model)
    index.refresh()
    pictures = len(index)
    seconds = time.monotonic() - began
    name = printable(model.folder.resolve().name)
    metric = f"the metric of {name}" if model.metric is not None else f"no metric, as {name} has none"
    tell(f"re-projected {pictures:,} pictures with {metric}, {seconds:.1f} s; no picture was opened")
    return pictures


def _add(index: Index, writer: Writer, changed: dict[str, Path], known: dict[str, Record], report: IndexReport) -> None:
    encoder = Encoder(index.model)

    def load(item: tuple[str, Path]) -> _Loaded:
        return _load(*item, known.get(item[0]), encoder.input_size)

    loaded = ordered_map(load, changed.items(), threads=os.cpu_count() or 1)
    for batch in batched(progress(loaded, total=len(changed), description="indexing"), BATCH_SIZE):
        new = [(item.record, item.pixels) for item in batch if item.pixels is not None]
        broken = [item.record for item in batch if item.record.reason is not None]
        same = [item.record for item in batch if item.pixels is None and item.record.reason is None]
        embeddings = encoder.encode([pixels for _, pixels in new]) if new else None
        with writer.together():
            if embeddings is not None:
                writer.add([record for record, _ in new], embeddings)
            writer.skip(broken)
            for record in same:
                writer.touch(record.path, record.size, record.mtime_ns)
        replaced = sum(record.path in known for record, _ in new)
        report.added += len(new) - replaced
        report.updated += replaced
        report.unchanged += len(same)
        report.skipped = report.skipped + [_skipped(changed[record.path], record) for record in broken]


def _recounted(index: Index, changed: dict[str, Path], known: dict[str, Record], before: IndexReport) -> IndexReport:
    report = replace(before, interrupted=True)
    now = index.records()
    for stored, path in changed.items():
        old, new = known.get(stored), now.get(stored)
        if new is None or new == old:  # its turn had not come
            continue
        if new.reason is not None:
            report.skipped = [*report.skipped, _skipped(path, new)]
        elif old is None:
            report.added += 1
        elif new.slot != old.slot:
            report.updated += 1
        else:
            report.unchanged += 1
    return report


def _skipped(path: Path, record: Record) -> PictureError:
    return PictureError(os.fspath(path), record.reason or "")


def _load(stored: str, path: Path, before: Record | None, side: int) -> _Loaded:
    record = Record(stored, size=0, mtime_ns=0, content_hash=b"")
    try:
        status = path.stat()
        record = Record(stored, status.st_size, status.st_mtime_ns, content_hash=b"")
        content = read_picture(path)
        record = Record(stored, status.st_size, status.st_mtime_ns, content_hash(content))
        if before is not None and before.slot is not None and before.content_hash == record.content_hash:
            return _Loaded(record)
        return _Loaded(record, to_square(decode_picture(content, path, side=side), side))
    except PictureError as error:
        reason = error.reason
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
    return _Loaded(Record(stored, record.size, record.mtime_ns, record.content_hash, reason=reason))
