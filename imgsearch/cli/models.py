"""`imgsearch models`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imgsearch.cli.console import complain, say

if TYPE_CHECKING:
    from imgsearch.workflows.model_list import Listed


def models(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL...",
            help="Only these, as --model takes them, or those in these folders.",
        ),
    ] = None,
    speed: Annotated[
        bool,
        typer.Option("--speed", help="Measure how many pictures a second each encodes, which takes a second or two."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> int:
    """List the models that there are: the embedded one, torchvision's in the cache, and those in this folder."""
    from imgsearch.errors import UserError
    from imgsearch.workflows.model_list import list_models, pictures_a_second

    rows: list[dict[str, Any]] = []
    broken = False
    for listed in list_models(names or [], say):
        if listed.model is None:
            complain(str(listed.error))
            broken = True
            continue
        row = _row(listed)
        if speed:
            try:
                row["pictures_a_second"] = round(pictures_a_second(listed.model), 1)
            except UserError as error:
                complain(str(error))
                broken = True
                continue
        rows.append(row)
    if broken and not rows:
        return 2
    if as_json:
        print(json.dumps(rows))
    else:
        _print_table(rows, speed)
    return 2 if broken and names else 0


def _row(listed: Listed) -> dict[str, Any]:
    assert listed.model is not None
    info = listed.model.info
    return {
        "model": listed.name,
        "dimension": listed.model.search_dimension,
        "input_size": info.input_size,
        "bytes": listed.bytes_on_disk,
        "quality": listed.quality,
    }


def _print_table(rows: list[dict[str, Any]], speed: bool) -> None:
    from imgsearch.errors import printable

    header = ["model", "dimension", "input", "size", *(["pictures/s"] if speed else []), "recall_at_1 / map_at_r"]
    table = [
        [
            printable(row["model"]), str(row["dimension"]), str(row["input_size"]), f"{row['bytes'] / 1e6:.1f} MB",
            *([f"{row['pictures_a_second']:.0f}"] if speed else []), _measured(row["quality"]),
        ]
        for row in rows
    ]  # fmt: skip
    if not sys.stdout.isatty():
        for cells in [header, *table]:
            print("\t".join(cells))
        return

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(header):
        shown.add_column(name, justify="right" if 0 < number < len(header) - 1 else "left")
    for cells in table:
        shown.add_row(*(Text(cell) for cell in cells))
    Console().print(shown)


def _measured(quality: dict[str, dict[str, float]]) -> str:
    from imgsearch.errors import printable
    from imgsearch.workflows.model_list import MEASURES

    parts = []
    for name, values in quality.items():
        figures = " / ".join(f"{values[key]:.4f}" if key in values else "–" for key in MEASURES)
        parts.append(f"{figures} ({printable(name)})")
    return ", ".join(parts) or "not measured"
