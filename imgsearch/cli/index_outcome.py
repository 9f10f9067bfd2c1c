"""What `imgsearch index` prints when it is done, or would be."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from imgsearch.cli.console import complain, count, report_skipped, say, shown
from imgsearch.cli.formats import named
from imgsearch.errors import UserError, printable
from imgsearch.index.beside import unfinished

if TYPE_CHECKING:
    from imgsearch.index import Index
    from imgsearch.workflows.indexing.preview import Preview
    from imgsearch.workflows.indexing.report import IndexReport


def print_report(report: IndexReport, index: Index, as_json: bool) -> int:
    """Say what an update came to, and return the exit code."""
    report_skipped(report.skipped)
    for error in report.missing:
        complain(f"{printable(shown(error.path))}: {error.reason}")
    place = printable(shown(report.index))
    counts = {name: getattr(report, name) for name in ("added", "updated", "moved", "removed", "unchanged")}
    if as_json:
        lists = {name: len(getattr(report, name)) for name in ("skipped", "unreadable", "missing")}
        more = {"reprojected": report.reprojected, "seconds": round(report.seconds, 3), "index": place}
        print(json.dumps({**counts, **lists, **more}))
    changes = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number or name != "moved")
    skips = f", {len(report.skipped):,} skipped" if report.skipped else ""
    missing = f", {len(report.missing):,} missing" if report.missing else ""
    say(f"{place}: {changes}{skips}{missing}; {count(report.pictures, 'picture')} in the index, {report.seconds:.1f} s")
    if report.interrupted:
        complain("stopped; what was done is kept, and the same command goes on from there")
        return 130
    if (beside := unfinished(index)) is not None:
        change = f"{printable(shown(beside.folder))}: the change to the model {printable(beside.model.info.name)}"
        complain(f"{change} is not finished; go on with --model, or delete that folder")
    return 2 if report.missing else 0


def print_preview(preview: Preview, as_json: bool) -> int:
    """Print what an update would do, a line a picture or one JSON object, and return the exit code."""
    actions = {"add": preview.add, "read again": preview.read_again, "remove": preview.remove}
    if as_json:
        lists = {
            name.replace(" ", "_"): [named("path", shown(path)) for path in paths] for name, paths in actions.items()
        }
        missing = [{**named("path", error.path), "reason": error.reason} for error in preview.missing]
        whole = {**lists, "unchanged": preview.unchanged, "missing": missing}
        print(json.dumps(whole, ensure_ascii=False))
    else:
        sys.stdout.buffer.writelines(_lines(actions))
    report_skipped(preview.unreadable)
    for error in preview.missing:
        complain(f"{printable(error.path)}: {error.reason}")
    counts = [f"{len(paths):,} to {name}" for name, paths in actions.items()]
    say(f"dry run, nothing was done: {', '.join(counts)}, {preview.unchanged:,} unchanged")
    return 2 if preview.missing else 0


def _lines(actions: dict[str, list[Path]]) -> Iterator[bytes]:
    for action, paths in actions.items():
        for path in paths:
            yield action.encode() + b"\t" + os.fsencode(shown(path)) + b"\n"


def write_errors(file: Path, report: IndexReport) -> None:
    """Write what was skipped, could not be read or was missing to a CSV file.

    Raises:
        UserError: it cannot be written.
    """
    try:
        with file.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["path", "reason"])
            every = (*report.skipped, *report.unreadable, *report.missing)
            writer.writerows([shown(error.path), error.reason] for error in every)
    except OSError as error:
        raise UserError(
            f"{printable(file)}: cannot be written ({error.strerror}); name another file for --errors"
        ) from None
