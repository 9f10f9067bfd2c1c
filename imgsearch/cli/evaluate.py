"""`imgsearch eval`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgsearch.cli.completion import one_of
from imgsearch.cli.console import complain, count, report_skipped, say

if TYPE_CHECKING:
    from imgsearch.workflows.evaluate import Evaluation


def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Labelled pictures: one sub-folder a class.")],
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="`base` or a model folder.", envvar="IMGSEARCH_MODEL")
    ] = "base",
    split: Annotated[
        str | None,
        typer.Option(
            metavar="holdout:N",
            help="Only the last N classes by name, or that share of them: those that `train --split` leaves unseen.",
        ),
    ] = None,
    expand: Annotated[int, typer.Option(metavar="N", min=0, help="Measure `query --expand N` beside it.")] = 0,
    rerank: Annotated[
        str | None,
        typer.Option(
            metavar="k-reciprocal",
            help="Measure `query --rerank k-reciprocal` beside it.",
            autocompletion=one_of("k-reciprocal"),
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> int:
    """Measure how well a model finds pictures of the same class: each one queries all the others."""
    from imgsearch.model import load_model
    from imgsearch.workflows.evaluate import evaluate_model
    from imgsearch.workflows.labelled import hold_out, read_labelled
    from imgsearch.workflows.question import require_reranking

    require_reranking(rerank)
    opened = load_model(model)
    data = read_labelled(folder)
    if split is not None:
        _, data = hold_out(data, split)
    result = evaluate_model(opened, data, expand=expand, rerank=rerank is not None)
    report_skipped(result.skipped)
    if result.seen:
        seen = f"{result.seen:,} of {count(result.images, 'picture')}"
        complain(f"{seen} were in the model's training data: no proof for unseen ones")
    if as_json:
        print(json.dumps(_as_dictionary(result)))
    else:
        _print_table(result)
    say(f"{count(result.images, 'picture')} of {result.classes:,} classes, {len(result.skipped):,} skipped")
    return 0


def _as_dictionary(result: Evaluation) -> dict[str, object]:
    return {
        "classes": result.classes,
        "images": result.images,
        "queries": result.queries,
        "seen": result.seen,
        "skipped": len(result.skipped),
        "metrics": result.metrics,
        "asked_otherwise": result.asked_otherwise,
        "chance": result.chance,
        "baselines": result.baselines,
    }


def _print_table(result: Evaluation) -> None:
    columns = {"model": result.metrics, **result.asked_otherwise, **result.baselines, "chance": result.chance}
    if not sys.stdout.isatty():
        print("\t".join(["metric", *columns]))
        for metric in result.metrics:
            print("\t".join([metric, *(f"{values[metric]:.4f}" for values in columns.values())]))
        return

    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("metric")
    for name in columns:
        table.add_column(name, justify="right", style="bold" if name == "model" else "")
    for metric in result.metrics:
        table.add_row(metric, *(f"{values[metric]:.4f}" for values in columns.values()))
    Console().print(table)
