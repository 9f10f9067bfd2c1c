"""The table that `imgsearch train` prints of the ways it tried."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imgsearch.workflows.compare import Comparison, Row

HEADER = ("", "way", "recall_at_1", "map_at_r", "95 %", "gain", "95 %", "seconds")


def print_comparison(comparison: Comparison, as_json: bool) -> None:
    """A table on a terminal, tab-separated lines elsewhere, or JSON; an asterisk marks the one that was chosen."""
    if as_json:
        print(json.dumps(comparison.facts()))
    elif not comparison.rows:
        return
    elif sys.stdout.isatty():
        _print_table(comparison)
    else:
        print("\t".join(HEADER))
        for row in comparison.rows:
            print("\t".join(_cells(row)))


def _cells(row: Row) -> list[str]:
    low, high = row.interval
    least, most = row.gain_interval
    gain = [f"{row.gain:+.4f}", f"{least:+.4f} to {most:+.4f}"] if row.name != "as it is" else ["", ""]
    figures = [f"{row.recall_at_1:.4f}", f"{row.map_at_r:.4f}", f"{low:.4f} to {high:.4f}", *gain]
    return ["*" if row.chosen else "", row.name, *figures, f"{row.seconds:.1f}"]


def _print_table(comparison: Comparison) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(HEADER):
        table.add_column(name, justify="left" if number < 2 else "right", no_wrap=True)
    for row in comparison.rows:
        table.add_row(*map(Text, _cells(row)), style="bold" if row.chosen else "")
    Console().print(table)
