"""Reading the files that are new or have changed into an index, committed in halves of a batch, each of them whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgsearch.encoder import BATCH_SIZE, Encoder
from imgsearch.errors import PictureError
from imgsearch.images.pipeline import cores, ordered_map
from imgsearch.index import Record
from imgsearch.index.writer import Writer
from imgsearch.model import Model
from imgsearch.progress import progress
from imgsearch.workflows.indexing.contents import Contents
from imgsearch.workflows.indexing.load import Loaded, load
from imgsearch.workflows.indexing.look import Found
from imgsearch.workflows.indexing.options import Options
from imgsearch.workflows.indexing.report import IndexReport


def read_files(
    model: Model,
    writer: Writer,
    known: dict[str, Record],
    changed: dict[str, Found],
    contents: Contents,
    options: Options,
    report: IndexReport,
) -> None:
    """Bring the index up to date with files that are new or have changed, and count them.

    While half a batch is committed, which is mostly waiting for the disk, the other half is encoded.
    """
    decoders = options.jobs or cores() + 1  # one more, since some wait for their files
    batch_size = options.batch_size or BATCH_SIZE
    encoder = Encoder(model, len(changed), threads=options.jobs, device=options.device)

    def load_one(item: tuple[str, Found]) -> Loaded:
        stored, found = item
        return load(stored, found, known.get(stored), contents, encoder.preprocessing, options.max_pixels)

    loaded = ordered_map(load_one, changed.items(), threads=decoders)
    shown = progress(loaded, total=len(changed), description="indexing")
    for batch in encoder.batches(shown, lambda item: item.pixels, batch_size=batch_size):
        new = [(item.record, row) for item, row in batch if row is not None]
        refused = [(item.record, item.refused) for item, _ in batch if item.refused is not None]
        broken = [item.record for item, _ in batch if item.record.reason is not None]
        seen = [item.record for item, _ in batch if item.pixels is item.refused is item.record.reason is None]
        same = [record for record in seen if _is_same(known.get(record.path), record)]
        elsewhere = [record for record in seen if not _is_same(known.get(record.path), record)]
        with writer.together():
            moved, copied = _take_over(writer, elsewhere, contents)
            if new:
                writer.add([record for record, _ in new], np.stack([row for _, row in new]))
            writer.skip(broken)
            for record in same:
                writer.touch(record.path, record.size, record.mtime_ns)
        added = [*copied, *(record for record, _ in new)]
        replaced = sum(_is_searchable(known.get(record.path)) for record in added)
        report.added += len(added) - replaced
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
