"""Measure, print a table, write JSON.

    python -m tests.benchmarks.speed [MEASURE…] [--runs 5] [--scale 1] [--json FILE] [--folder FOLDER]

Without names all are measured, which takes most of an hour and 8 GB of disk. Each is a ratio, the median of several
turns side by side on this machine; `tests/benchmarks/speed/` has a file for each. Exits with 1 where a required figure
is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.speed.results import Result, Setting

MEASURES = (
    "cold_query",
    "camera",
    "small_pictures",
    "rescan",
    "many_queries",
    "graph_build",
    "indexing_memory",
    "ann_recall",
)
"""Modules of this package with a function `measure`."""


def table(results: list[Result]) -> Table:
    """The results for a person to read."""
    shown = Table("measure", "against", "ratio", "required", "goal", "ours", "theirs", "")
    for result in results:
        sign = "≥" if result.faster else "≤"
        shown.add_row(
            result.measure,
            result.against,
            f"{result.ratio:.2f}",
            f"{sign} {result.required:g}",
            "–" if result.goal is None else f"{sign} {result.goal:g}",
            f"{result.ours:.3g} {result.unit}",
            f"{result.theirs:.3g} {result.unit}",
            f"{result.reached} {result.remark}".strip(),
        )
    return shown


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"of {', '.join(MEASURES)}")
    parser.add_argument("--runs", type=int, default=5, help="turns of each")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size, for a quick try")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--folder", type=Path, help="where to make the files that are needed for a while")
    given = parser.parse_args()
    if unknown := set(given.measures) - set(MEASURES):
        parser.error(f"no measure {sorted(unknown)[0]}; there are {', '.join(MEASURES)}")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled: the first, unmeasured run does it
    results: list[Result] = []
    for name in given.measures or MEASURES:
        measure: Callable[[Setting], Iterator[Result]] = import_module(f"tests.benchmarks.speed.{name}").measure
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            for result in measure(Setting(Path(folder), given.runs, given.scale)):
                results.append(result)
                print(f"{result.measure}: {result.ratio:.2f} ({result.reached})", file=sys.stderr, flush=True)
    Console(width=None if sys.stdout.isatty() else 160).print(table(results))
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
    if given.json:
        rows = [{**asdict(result), "reached": result.reached} for result in results]
        report = {"machine": machine, "runs": given.runs, "scale": given.scale, "results": rows}
        given.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return int(any(result.reached == "missed" for result in results))


if __name__ == "__main__":
    sys.exit(main())
