"""`imgsearch query`."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgsearch.cli.console import complain, count, say
from imgsearch.cli.formats import choose_format, write_answers
from imgsearch.cli.looking import HtmlOption, OpenOption, SheetOption, ShowOption, looked_at
from imgsearch.errors import UserError

if TYPE_CHECKING:
    from imgsearch.workflows.query import Answer


def query(
    pictures: Annotated[
        list[Path], typer.Argument(metavar="PICTURE...", help="What to look for; answered in this order.")
    ],
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="Matches a picture.")] = 10,
    threshold: Annotated[
        float | None, typer.Option(metavar="FLOAT", help="Only matches with at least this similarity, from -1 to 1.")
    ] = None,
    index: Annotated[
        Path | None, typer.Option("--index", metavar="DIR", help="The index; by default the nearest .imgsearch.")
    ] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Compare with every picture.")] = False,
    ann: Annotated[bool, typer.Option("--ann", help="Search the graph, which is built when missing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, an object a query.")] = False,
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a match.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV with a header.")] = False,
    as_paths: Annotated[bool, typer.Option("--paths", help="Bare paths, a line each.")] = False,
    print0: Annotated[
        bool, typer.Option("-0", "--print0", help="Bare paths, each ended by a NUL, for xargs -0.")
    ] = False,
    html: HtmlOption = None,
    open_page: OpenOption = False,
    sheet: SheetOption = None,
    show: ShowOption = False,
) -> int:
    """Print the indexed pictures that are most like these, best first; exit code 1 when there is none."""
    chosen = choose_format(json=as_json, jsonl=as_jsonl, csv=as_csv, paths=as_paths, print0=print0)
    if exact and ann:
        raise UserError("--exact and --ann exclude each other; give one of them, or none to let imgsearch choose")
    if (threshold is not None and not -1.0 <= threshold <= 1.0) or (threshold is not None and math.isnan(threshold)):
        raise UserError(f"--threshold {threshold:g}: out of range; similarity runs from -1 to 1")

    from imgsearch.index import Index
    from imgsearch.workflows.query import query_index

    began = time.monotonic()
    opened = Index.open(index)
    method = "exact" if exact else "ann" if ann else "auto"
    tally = _Tally(query_index(opened, pictures, k=k, threshold=threshold, method=method))
    answers = looked_at(tally, chosen, html=html, open_page=open_page, sheet=sheet, show=show)
    write_answers(answers, chosen, several=len(pictures) > 1)
    if tally.errors == len(pictures):
        return 2
    searched = f"{count(len(opened), 'picture')} ({opened.last_plan.method})" if opened.last_plan else "no pictures"
    found = count(tally.matches, "match", "matches")
    say(f"{found} among {searched}, {time.monotonic() - began:.2f} s")
    return 2 if tally.errors else 0 if tally.matches else 1


class _Tally:
    """Passes answers on, counts their matches, and complains of pictures that could not be asked."""

    def __init__(self, answers: Iterator[Answer]) -> None:
        self._answers = answers
        self.matches = self.errors = 0

    def __iter__(self) -> Iterator[Answer]:
        for answer in self._answers:
            if answer.error is not None:
                complain(f"{answer.error}; give a picture file")
                self.errors += 1
                continue
            self.matches += len(answer.matches)
            yield answer
