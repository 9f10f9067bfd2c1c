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
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgsearch.cli.console import shown_file
from imgsearch.errors import UserError, printable

if TYPE_CHECKING:
    from imgsearch.index import Match
    from imgsearch.workflows.question import Answer


class Format(Enum):
    """What `query` writes."""

    TABLE = "table"
    TSV = "tsv"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PATHS = "paths"
    PRINT0 = "print0"


@dataclass(frozen=True)
class Layout:
    """What answers look like."""

    format: Format
    absolute: bool = False
    header: bool = True
    """Whether CSV and tables name their columns."""
    label: bool = False
    """Print the vote on each query's class instead of its matches."""

    def path(self, path: Path) -> str:
        """A match's path as it is printed."""
        return str(path) if self.absolute else shown_file(path)


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


def write_answers(answers: Iterable[Answer], layout: Layout, *, several: bool) -> None:
    """Write answers as they come, JSON at the end; a table names the query where there are `several`."""
    if layout.label:
        from imgsearch.cli.labels import write_labels

        write_labels(answers, layout)
    elif layout.format is Format.JSON:
        write_json([nested(answer, layout) for answer in answers])
    elif layout.format is Format.TABLE:
        for answer in answers:
            _print_table(answer, layout, several)
    else:
        if layout.format is Format.CSV and layout.header:
            write(csv_line(["query", "rank", "path", "similarity"]))
        for answer in answers:
            write(b"".join(_records(answer, layout)))


def _records(answer: Answer, layout: Layout) -> Iterator[bytes]:
    for rank, match in enumerate(answer.matches, 1):
        path = layout.path(match.path)
        if layout.format is Format.PRINT0:
            yield os.fsencode(path) + b"\0"
        elif layout.format is Format.PATHS:
            yield os.fsencode(path) + b"\n"
        elif layout.format is Format.TSV:
            yield f"{match.similarity:.4f}\t".encode() + os.fsencode(path) + b"\n"
        elif layout.format is Format.CSV:
            yield csv_line([answer.query, str(rank), path, f"{match.similarity:.6f}"])
        else:
            yield json_line({**named("query", answer.query), "rank": rank, **_match(match, layout)})


def nested(answer: Answer, layout: Layout) -> dict[str, Any]:
    """An answer with its matches, as JSON has it."""
    return {**named("query", answer.query), "matches": [_match(match, layout) for match in answer.matches]}


def _match(match: Match, layout: Layout) -> dict[str, Any]:
    return {**named("path", layout.path(match.path)), "similarity": round(match.similarity, 6)}


def named(name: str, path: str) -> dict[str, str]:
    """A path under that name as JSON has it, and where it is not UTF-8, as `path_b64`, too."""
    content = os.fsencode(path)
    try:
        return {name: content.decode("utf-8")}
    except UnicodeDecodeError:
        return {name: content.decode("utf-8", "replace"), f"{name}_b64": base64.b64encode(content).decode()}


def csv_line(values: list[str]) -> bytes:
    """A line of CSV, quoted where need be."""
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue().encode("utf-8", "surrogateescape")


def json_line(entry: dict[str, Any]) -> bytes:
    """A line of JSON."""
    return json.dumps(entry, ensure_ascii=False).encode() + b"\n"


def write_json(entries: list[dict[str, Any]]) -> None:
    """One JSON array for people to read, too."""
    write(json.dumps(entries, ensure_ascii=False, indent=1).encode() + b"\n")


def write(content: bytes) -> None:
    """Bytes for stdout, now."""
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _print_table(answer: Answer, layout: Layout, several: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", show_header=layout.header)
    table.add_column("rank", justify="right")
    table.add_column("similarity", justify="right")
    table.add_column("path", overflow="fold")
    for rank, match in enumerate(answer.matches, 1):
        table.add_row(str(rank), f"{match.similarity:.4f}", Text(printable(layout.path(match.path))))
    console = Console()
    if several:
        console.print(Text(printable(answer.query), style="bold"))
    console.print(table if answer.matches else Text("no match", style="dim"))
    if several:
        console.print()
