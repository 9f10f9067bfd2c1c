"""`index`: bring an index up to date with folders of pictures, touching only what changed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from imgsearch.errors import PictureError, printable
from imgsearch.index import Index
from imgsearch.index.writer import Writer
from imgsearch.model import Model
from imgsearch.workflows.indexing.contents import Contents, concerned
from imgsearch.workflows.indexing.exclude import revised
from imgsearch.workflows.indexing.options import DEFAULTS, Before, Options
from imgsearch.workflows.indexing.report import IndexReport, recounted, report_of
from imgsearch.workflows.indexing.scan import Scan, scan_disk


def update_index(
    index: Index,
    folders: Sequence[Path] = (),
    *,
    options: Options = DEFAULTS,
    model: Model | None = None,
    warn: Callable[[str], None] = lambda _: None,
    tell: Callable[[str], None] = lambda _: None,
) -> IndexReport:
    """Add, update, move and remove pictures until `index` says what is on the disk.

    Looks at `folders` and `options.files`, by default at all that the index was made of; what counts as removed, and
    when `warn` is called instead: see `scan_disk`. Every batch is committed. With a `model`, which has the encoder of
    the index's own, all pictures are compared through its linear metric from now on.

    Raises:
        UserError: a folder is missing or holds no pictures, or the index has no folders yet.
        ValueError: the model has another encoder; see `imgsearch.workflows.indexing.remodel`.
    """
    began = time.monotonic()
    with index.writer() as writer:
        before = Before.of(index)
        scan = scan_disk(before, folders, options, warn)
        reprojected = 0 if model is None else _reproject(index, writer, model, tell)
        known = report_of(before, scan)
        known.reprojected = reprojected
        report = known.copy()
        records = index.records(concerned(before.known, scan))
        contents = Contents(records, scan)
        try:
            _settle(writer, before, scan, options, contents)
            report.removed = len(scan.gone) - len(contents.unclaimed())
            if scan.changed:
                from imgsearch.workflows.indexing.read import read_files  # with the encoder and all that it needs

                read_files(index.model, writer, records, scan.changed, contents, options, report)
            # Not before: until all new files have been read, each may turn out to be one of these under another name.
            gone = contents.unclaimed()
            writer.remove(gone)
            report.removed += len(gone)
        except KeyboardInterrupt:  # which may have come between a commit and its count
            report = recounted(known, records, index.records([*scan.changed, *scan.gone]), scan)
        if not report.interrupted and writer.compact():
            index.refresh()
    if not report.interrupted and (scan.changed or scan.gone) and index.graph_lags():
        with contextlib.suppress(KeyboardInterrupt):  # all is committed, and the graph goes on serving as it was
            index.build_graph()
    report.pictures = len(index)
    report.seconds = time.monotonic() - began
    _warn_of(report.unreadable, warn)
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


def _settle(writer: Writer, before: Before, scan: Scan, options: Options, contents: Contents) -> None:
    """Remember all that is known before a file is read."""
    globs = revised(before.excluded, options.exclude)
    waiting = set(contents.unclaimed())
    with writer.together():
        for source in scan.sources:
            writer.add_source(source)
        for source in scan.dropped:
            writer.remove_source(source)
        if globs != list(before.excluded):
            writer.exclude(globs)
        writer.remove(path for path in scan.gone if path not in waiting)


def _warn_of(unreadable: Sequence[PictureError], warn: Callable[[str], None]) -> None:
    if unreadable:
        more = f", and {len(unreadable) - 1:,} more pictures cannot be read" if len(unreadable) > 1 else ""
        warn(f"{unreadable[0]}{more}; what is indexed is kept")
