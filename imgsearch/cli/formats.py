"""How matches are written to stdout: a table for people, and formats for programs.

Paths are bytes on POSIX, and need not be text. Bare paths and tab-separated lines carry them as they are; JSON shows
what is not UTF-8 as U+FFFD and adds the bytes as `path_b64`; a table escapes what would garble the terminal.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any

from imgsearch.cli.console import shown
from imgsearch.errors import UserError, printable

if TYPE_CHECKING:
    from imgsearch.index import Match
    from imgsearch.workflows.query import Answer


class Format(Enum):
    """What `query` writes."""

    TABLE = "table"
    TSV = "tsv"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PATHS = "paths"
    PRINT0 = "print0"


def choose_format(**asked: bool) -> Format:
    """The one format asked for, by the names of `Format`; else a table on a terminal and tab-separated lines elsewhere.

    Raises:
        UserError: more than one is asked for.
    """
    chosen = [Format(name) for name, wanted in asked.items() if wanted]
    if len(chosen) > 1:
        raise UserError(f"--{chosen[0].value} and --{chosen[1].value} exclude each other; give one output format")
    if chosen:
        return chosen[0]
    return Format.TABLE if sys.stdout.isatty() else Format.TSV


def write_answers(answers: Iterable[Answer], chosen: Format, *, several: bool) -> None:
    """Write answers as they come, JSON at the end; a table names the query where there are `several`."""
    if chosen is Format.JSON:
        _write(json.dumps([_nested(answer) for answer in answers], ensure_ascii=False, indent=1).encode() + b"\n")
        return
    if chosen is Format.CSV:
        _write(_csv_line(["query", "rank", "path", "similarity"]))
    for answer in answers:
        if chosen is Format.TABLE:
            _print_table(answer, several)
        else:
            _write(b"".join(_records(answer, chosen)))


def _records(answer: Answer, chosen: Format) -> Iterator[bytes]:
    for rank, match in enumerate(answer.matches, 1):
        path = shown(match.path)
        if chosen is Format.PRINT0:
            yield os.fsencode(path) + b"\0"
        elif chosen is Format.PATHS:
            yield os.fsencode(path) + b"\n"
        elif chosen is Format.TSV:
            yield f"{match.similarity:.4f}\t".encode() + os.fsencode(path) + b"\n"
        elif chosen is Format.CSV:
            yield _csv_line([str(answer.query), str(rank), path, f"{match.similarity:.6f}"])
        else:
            line = {**named("query", str(answer.query)), "rank": rank, **_match(match)}
            yield json.dumps(line, ensure_ascii=False).encode() + b"\n"


def _nested(answer: Answer) -> dict[str, Any]:
    return {**named("query", str(answer.query)), "matches": [_match(match) for match in answer.matches]}


def _match(match: Match) -> dict[str, Any]:
    return {**named("path", shown(match.path)), "similarity": round(match.similarity, 6)}


def named(name: str, path: str) -> dict[str, str]:
    """A path under that name as JSON has it, and where it is not UTF-8, as `path_b64`, too."""
    content = os.fsencode(path)
    try:
        return {name: content.decode("utf-8")}
    except UnicodeDecodeError:
        return {name: content.decode("utf-8", "replace"), f"{name}_b64": base64.b64encode(content).decode()}


def _csv_line(values: list[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue().encode("utf-8", "surrogateescape")


def _print_table(answer: Answer, several: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("rank", justify="right")
    table.add_column("similarity", justify="right")
    table.add_column("path", overflow="fold")
    for rank, match in enumerate(answer.matches, 1):
        table.add_row(str(rank), f"{match.similarity:.4f}", Text(printable(shown(match.path))))
    console = Console()
    if several:
        console.print(Text(printable(answer.query), style="bold"))
    console.print(table if answer.matches else Text("no match", style="dim"))
    if several:
        console.print()


def _write(content: bytes) -> None:
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
