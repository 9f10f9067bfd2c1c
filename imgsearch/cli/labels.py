"""`query --label`: what the matches of each query say of its class, in every format; no matches, no line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from imgsearch.cli.formats import Format, Layout, csv_line, json_line, named, nested, write, write_json
from imgsearch.errors import printable

if TYPE_CHECKING:
    from imgsearch.workflows.question import Answer


def write_labels(answers: Iterable[Answer], layout: Layout) -> None:
    """The class of most votes for each answer, with its share; JSON says how all voted."""
    if layout.format is Format.JSON:
        write_json([{**_entry(answer), **nested(answer, layout)} for answer in answers])
    elif layout.format is Format.TABLE:
        _print_table(answers, layout)
    else:
        if layout.format is Format.CSV and layout.header:
            write(csv_line(["query", "label", "share"]))
        for answer in answers:
            write(b"".join(_records(answer, layout)))


def _records(answer: Answer, layout: Layout) -> Iterator[bytes]:
    for label, share in answer.votes()[:1]:
        if layout.format is Format.PRINT0:
            yield os.fsencode(label) + b"\0"
        elif layout.format is Format.PATHS:
            yield os.fsencode(label) + b"\n"
        elif layout.format is Format.TSV:
            yield f"{share:.4f}\t".encode() + os.fsencode(f"{label}\t{answer.query}") + b"\n"
        elif layout.format is Format.CSV:
            yield csv_line([answer.query, label, f"{share:.6f}"])
        else:
            yield json_line(_entry(answer))


def _entry(answer: Answer) -> dict[str, Any]:
    votes = [{**named("label", label), "share": round(share, 6)} for label, share in answer.votes()]
    best = votes[0] if votes else {"label": None, "share": 0.0}
    return {**named("query", answer.query), **best, "votes": votes}


def _print_table(answers: Iterable[Answer], layout: Layout) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", show_header=layout.header)
    table.add_column("share", justify="right")
    table.add_column("label", overflow="fold")
    table.add_column("query", overflow="fold")
    for answer in answers:
        label, share = next(iter(answer.votes()), ("no match", 0.0))
        table.add_row(f"{share:.4f}", Text(printable(label)), Text(printable(answer.query)))
    Console().print(table)
