"""`imgsearch duplicates`."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from imgsearch.cli.console import count, report_skipped, say, shown
from imgsearch.cli.formats import named
from imgsearch.errors import UserError, printable


def duplicates(
    index: Annotated[
        Path | None,
        typer.Option(
            "--index", metavar="DIR", help="The index; by default $IMGSEARCH_INDEX or the nearest .imgsearch."
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(metavar="FLOAT", help="How well the aligned pixels of copies agree at least, from 0 to 1 (0.85)."),
    ] = None,
    mirrored: Annotated[
        bool, typer.Option("--mirrored", help="Mirror images are copies, too; reads every picture.")
    ] = False,
    redundant: Annotated[
        bool, typer.Option("--redundant", help="Print all but the best of each group, without blank lines.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="An array of paths a group, in an array; with --redundant one array.")
    ] = False,
    print0: Annotated[
        bool, typer.Option("-0", "--print0", help="End each path with a NUL instead of a newline, for xargs -0.")
    ] = False,
) -> int:
    """Print groups of nearly identical pictures, the best of each first; exit code 1 when there is none.

    Most pixels are best, then the oldest file. Nothing is deleted.
    """
    if as_json and print0:
        raise UserError("--json and --print0 exclude each other; give one output format")
    if threshold is not None and not 0.0 <= threshold <= 1.0:
        raise UserError(f"--threshold {threshold:g}: out of range; agreement runs from 0 to 1")

    from imgsearch.index import Index
    from imgsearch.workflows.duplicates import THRESHOLD, find_duplicates

    began = time.monotonic()
    result = find_duplicates(
        Index.open(index), threshold=THRESHOLD if threshold is None else threshold, mirrored=mirrored
    )
    report_skipped(result.skipped)
    groups = [[shown(path) for path in group] for group in result.groups]
    extra = [path for group in groups for path in group[1:]]
    if as_json:
        answer = [_json(path) for path in extra] if redundant else [[_json(path) for path in group] for group in groups]
        _write(json.dumps(answer, ensure_ascii=False, indent=1).encode() + b"\n")
    else:
        end = b"\0" if print0 else b"\n"
        blocks = [extra] if redundant else groups
        _write(end.join(b"".join(_bare(path) + end for path in block) for block in blocks))
    among = f"{count(len(extra), 'redundant picture')} among {result.pictures:,}"
    say(f"{count(len(groups), 'group')}, {among}, {time.monotonic() - began:.2f} s")
    return 0 if groups else 1


def _json(path: str) -> str | dict[str, str]:
    """A string; where the path is not UTF-8, an object as `query` prints it, with the bytes as `path_b64`."""
    entry = named("path", path)
    return entry if "path_b64" in entry else entry["path"]


def _bare(path: str) -> bytes:
    return printable(path).encode() if sys.stdout.isatty() else os.fsencode(path)


def _write(content: bytes) -> None:
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
