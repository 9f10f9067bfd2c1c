"""Reading the files that are new or have changed into an index: every batch is committed whole."""

from __future__ import annotations

import os
from collections.abc import Sequence

from imgsearch.encoder import BATCH_SIZE, Encoder
from imgsearch.errors import PictureError
from imgsearch.images.pipeline import batched, ordered_map
from imgsearch.index import Record
from imgsearch.index.writer import Writer
from imgsearch.model import Model
from imgsearch.progress import progress
from imgsearch.workflows.indexing.contents import Contents
from imgsearch.workflows.indexing.load import Loaded, load
from imgsearch.workflows.indexing.look import Found
from imgsearch.workflows.indexing.report import IndexReport


def read_files(
    model: Model,
    writer: Writer,
    known: dict[str, Record],
    changed: dict[str, Found],
    contents: Contents,
    max_pixels: int | None,
    report: IndexReport,
) -> None:
    """Bring the index up to date with files that are new or have changed, batch by batch, and count them."""
    encoder = Encoder(model)

    def load_one(item: tuple[str, Found]) -> Loaded:
        stored, found = item
        return load(stored, found, known.get(stored), contents, encoder.input_size, max_pixels)

    loaded = ordered_map(load_one, changed.items(), threads=os.cpu_count() or 1)
    for batch in batched(progress(loaded, total=len(changed), description="indexing"), BATCH_SIZE):
        new = [(item.record, item.pixels) for item in batch if item.pixels is not None]
        refused = [(item.record, item.refused) for item in batch if item.refused is not None]
        broken = [item.record for item in batch if item.record.reason is not None]
        seen = [item.record for item in batch if item.pixels is item.refused is item.record.reason is None]
        same = [record for record in seen if _is_same(known.get(record.path), record)]
        elsewhere = [record for record in seen if not _is_same(known.get(record.path), record)]
        embeddings = encoder.encode([pixels for _, pixels in new]) if new else None
        with writer.together():
            moved, copied = _take_over(writer, elsewhere, contents)
            if embeddings is not None:
                writer.add([record for record, _ in new], embeddings)
            writer.skip(broken)
            for record in same:
                writer.touch(record.path, record.size, record.mtime_ns)
        encoded = [*copied, *(record for record, _ in new)]
        replaced = sum(_is_searchable(known.get(record.path)) for record in encoded)
        report.added += len(encoded) - replaced
        report.updated += replaced
        report.moved += moved
        report.unchanged += len(same)
        report.skipped += [PictureError(changed[record.path].path, record.reason or "") for record in broken]
        for record, error in refused:
            report.refuse(error, searchable=_is_searchable(known.get(record.path)))


def _take_over(writer: Writer, records: Sequence[Record], contents: Contents) -> tuple[int, list[Record]]:
    """Move pictures whose file is gone to where their content is now, and copy those that lie in two places.

    Returns how many were moved, and those that were copied.
    """
    copied = []
    for record in records:
        former = contents.claim(record.content_hash)
        if former is None:
            copied.append(record)
        else:
            writer.move(former, record.path, record.size, record.mtime_ns)
    if copied:
        writer.add(copied, writer.stored(contents.slots(copied)))
    return len(records) - len(copied), copied


def _is_same(known: Record | None, record: Record) -> bool:
    return _is_searchable(known) and known is not None and known.content_hash == record.content_hash


def _is_searchable(record: Record | None) -> bool:
    return record is not None and record.slot is not None
