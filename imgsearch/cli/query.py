"""`imgsearch query`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from imgsearch.cli.asking import to_questions, to_threshold, to_weights
from imgsearch.cli.completion import one_of
from imgsearch.cli.console import count, say
from imgsearch.cli.formats import Layout, choose_format, write_answers
from imgsearch.cli.looking import HtmlOption, OpenOption, SheetOption, ShowOption, looked_at
from imgsearch.cli.tally import Tally
from imgsearch.errors import UserError, printable

ASKING, FINDING, READING = "What to ask", "What to find", "How to print it"


def query(
    pictures: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PICTURE...",
            help="What to look for: files, http(s) URLs, or - for one on standard input; answered in this order.",
        ),
    ] = None,
    files_from: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE", help="Also those listed in FILE, one a line; - is standard input.", rich_help_panel=ASKING
        ),
    ] = None,
    files0_from: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE", help="The same, each name ended by a NUL, as of find -print0.", rich_help_panel=ASKING
        ),
    ] = None,
    together: Annotated[
        bool, typer.Option("--together", help="Ask for all pictures as one: their mean.", rich_help_panel=ASKING)
    ] = False,
    plus: Annotated[
        list[str] | None,
        typer.Option(metavar="PICTURE[:WEIGHT]", help="Add this picture to what is asked for.", rich_help_panel=ASKING),
    ] = None,
    minus: Annotated[
        list[str] | None,
        typer.Option(metavar="PICTURE[:WEIGHT]", help="Take this picture away from it.", rich_help_panel=ASKING),
    ] = None,
    crop: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,W,H", help="Ask for this part of each: pixels, or % with a % sign.", rich_help_panel=ASKING
        ),
    ] = None,
    k: Annotated[
        int,
        typer.Option(
            "-k", metavar="N", min=1, help="Matches a picture.", envvar="IMGSEARCH_K", rich_help_panel=FINDING
        ),
    ] = 10,
    threshold: Annotated[
        str | None,
        typer.Option(
            metavar="FLOAT|auto",
            help="Only matches with at least this similarity, from -1 to 1, or the model's own calibrated one.",
            envvar="IMGSEARCH_THRESHOLD",
            autocompletion=one_of("auto"),
            rich_help_panel=FINDING,
        ),
    ] = None,
    within: Annotated[
        list[str] | None,
        typer.Option(metavar="DIR|GLOB", help="Only pictures in here, or of such names.", rich_help_panel=FINDING),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="DIR|GLOB", help="No pictures in here, or of such names.", rich_help_panel=FINDING),
    ] = None,
    include_self: Annotated[
        bool, typer.Option("--include-self", help="The queried files, too.", rich_help_panel=FINDING)
    ] = False,
    index: Annotated[
        list[Path] | None,
        typer.Option(
            "--index",
            metavar="DIR",
            help="The index, by default $IMGSEARCH_INDEX or the nearest .imgsearch; several are searched as one.",
            rich_help_panel=FINDING,
        ),
    ] = None,
    expand: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, help="Ask again with the first N matches added to the query.", rich_help_panel=FINDING
        ),
    ] = 0,
    rerank: Annotated[
        str | None,
        typer.Option(
            metavar="k-reciprocal",
            autocompletion=one_of("k-reciprocal"),
            help="Order the first 100 by whether the nearness is mutual.",
            rich_help_panel=FINDING,
        ),
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Compare with every picture.", rich_help_panel=FINDING)
    ] = False,
    ann: Annotated[
        bool, typer.Option("--ann", help="Search the graph, which is built when missing.", rich_help_panel=FINDING)
    ] = False,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Say how the index was searched, and why, on stderr.", rich_help_panel=FINDING),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON array, an object a query.", rich_help_panel=READING)
    ] = False,
    as_jsonl: Annotated[
        bool, typer.Option("--jsonl", help="One JSON object a match.", rich_help_panel=READING)
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV with a header.", rich_help_panel=READING)] = False,
    as_paths: Annotated[
        bool, typer.Option("--paths", help="Bare paths, a line each.", rich_help_panel=READING)
    ] = False,
    print0: Annotated[
        bool,
        typer.Option("-0", "--print0", help="Bare paths, each ended by a NUL, for xargs -0.", rich_help_panel=READING),
    ] = False,
    absolute: Annotated[bool, typer.Option("--absolute", help="Absolute paths.", rich_help_panel=READING)] = False,
    header: Annotated[
        bool, typer.Option("--header/--no-header", help="Name the columns of CSV and tables.", rich_help_panel=READING)
    ] = True,
    label: Annotated[
        bool,
        typer.Option(
            "--label",
            help="Instead of the matches, the class (the folder's name) that most of them have, with its share.",
            rich_help_panel=READING,
        ),
    ] = False,
    html: HtmlOption = None,
    open_page: OpenOption = False,
    sheet: SheetOption = None,
    show: ShowOption = False,
) -> int:
    """Print the indexed pictures that are most like these, best first; exit code 1 when there is none."""
    chosen = choose_format(json=as_json, jsonl=as_jsonl, csv=as_csv, paths=as_paths, print0=print0)
    layout = Layout(chosen, absolute=absolute, header=header, label=label)
    if exact and ann:
        raise UserError("--exact and --ann exclude each other; give one of them, or none to let imgsearch choose")
    if ann and (within or exclude):
        raise UserError("--ann cannot be narrowed; leave it away where --within or --exclude is given")
    least = to_threshold(threshold)
    others = to_weights(plus or (), minus or ())
    questions = to_questions(pictures or (), files_from or (), files0_from or (), together=together, crop=crop)

    from imgsearch.workflows.indexes import Indexes
    from imgsearch.workflows.narrow import Narrowing
    from imgsearch.workflows.query import ask
    from imgsearch.workflows.question import Search, require_reranking

    require_reranking(rerank)
    began = time.monotonic()
    opened = Indexes.open(index or (), Narrowing(within or (), exclude or ()))
    search = Search(
        k=k,
        threshold=opened.threshold() if isinstance(least, str) else least,
        method="exact" if exact else "ann" if ann else "auto",
        questions=len(questions),
        others=others,
        include_self=include_self,
        expand=expand,
        rerank=rerank,
    )
    tally = Tally(ask(opened, questions, search))
    answers = looked_at(tally, chosen, html=html, open_page=open_page, sheet=sheet, show=show)
    write_answers(answers, layout, several=len(questions) > 1)
    if tally.errors and not tally.answers:
        return 2
    methods = f" ({', '.join(sorted({plan.method for _, plan in opened.plans}))})" if opened.plans else ""
    for folder, plan in opened.plans if explain else ():
        say(f"{printable(folder)}: {plan.method}: {plan.reason}")
    few = "" if opened.among is None else f"{opened.among:,} of "
    found = f"{count(tally.matches, 'match', 'matches')} among {few}{count(len(opened), 'picture')}{methods}"
    say(f"{found}, {time.monotonic() - began:.2f} s")
    return 2 if tally.errors else 0 if tally.matches else 1
