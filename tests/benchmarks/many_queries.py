"""Many queries through one process against as many single processes: the same answers?

    python -m tests.benchmarks.many_queries [--queries N] [--gallery N]

Draws a gallery and queries, indexes the gallery, and asks both ways. Prints how many queries got the same paths in the
same order, the largest difference between similarities, and the time of both. Exit code 1 if an order differs or a
similarity does by more than 1e-4.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from imgsearch.images.pipeline import ordered_map
from imgsearch.progress import progress
from tests.conftest import draw

TOLERANCE = 1e-4
AT_ONCE = 4
"""Single processes that run at a time."""


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--gallery", type=int, default=2000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(options.gallery):
            draw(folder / "gallery" / f"{number:05}.jpg", number)
        queries = [f"queries/{number:05}.jpg" for number in range(options.queries)]
        for number, query in enumerate(queries):
            draw(folder / query, 1_000_000 + number)
        _imgsearch("index", "gallery", folder=folder)
        began = time.monotonic()
        together = json.loads(_imgsearch("query", "--files-from", "-", "--json", folder=folder, lines=queries))
        middle = time.monotonic()
        single = ordered_map(partial(_alone, folder), queries, threads=AT_ONCE)
        alone = list(progress(single, total=len(queries), description="single processes"))
        ended = time.monotonic()
    same = sum(_paths(one) == _paths(other) for one, other in zip(together, alone, strict=True))
    largest = max(
        abs(match["similarity"] - other["similarity"])
        for one, two in zip(together, alone, strict=True)
        for match, other in zip(one["matches"], two["matches"], strict=True)
    )
    print(f"{same:,} of {len(queries):,} queries: the same paths in the same order; similarities within {largest:.1e}")
    print(
        f"one process {middle - began:.1f} s, {len(queries):,} processes, {AT_ONCE} at a time, {ended - middle:.1f} s"
    )
    return 0 if same == len(queries) and largest <= TOLERANCE else 1


def _alone(folder: Path, query: str) -> dict[str, Any]:
    (answer,) = json.loads(_imgsearch("query", query, "--json", folder=folder))
    return dict(answer)


def _paths(answer: dict[str, Any]) -> list[str]:
    return [match["path"] for match in answer["matches"]]


def _imgsearch(*arguments: str, folder: Path, lines: list[str] | None = None) -> bytes:
    command = [sys.executable, "-m", "imgsearch", *arguments]
    content = "".join(f"{line}\n" for line in lines or ()).encode()
    return subprocess.run(
        command, cwd=folder, input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    ).stdout


if __name__ == "__main__":
    sys.exit(main())
