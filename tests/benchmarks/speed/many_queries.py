"""A thousand questions of one `imgsearch query`, against nothing but decoding and encoding their pictures.

What the rest is: the start of the process 0.3 s, and 0.2 ms a question of the search's own, of 4.5 ms in all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial

from tests.benchmarks.measured import run_measured
from tests.benchmarks.speed.cold_query import make_index
from tests.benchmarks.speed.photographs import write_small_pictures
from tests.benchmarks.speed.results import Result, Setting, compared, in_turns, seconds
from tests.benchmarks.speed.rivals import CORES, Rival, decoded_reduced

INDEXED = 5_000
AGAINST = "decode-only + encode-only time of their pictures, each on all cores"


def measure(setting: Setting) -> Iterator[Result]:
    """Small pictures, asked of an index of some thousands of others, in turns."""
    files = write_small_pictures(setting.folder / "small", setting.scaled(1_000))
    index, listed = setting.folder / "index", setting.folder / "list"
    make_index(index, setting.scaled(INDEXED))
    listed.write_bytes(b"\n".join(os.fsencode(file) for file in files))
    command = [sys.executable, "-m", "imgsearch", "query", "--files-from", str(listed), "--index", str(index), "--csv"]

    def ask() -> float:
        measured = run_measured(command, setting.folder)
        if measured.exit_code != 0 or measured.stdout.count("\n") <= len(files):
            raise RuntimeError(f"{command} ended with {measured.exit_code}: {measured.stderr}")
        return measured.seconds

    floor = Rival(decoded_reduced, threads=CORES)
    turns = in_turns(ask, lambda: seconds(partial(floor, files)), setting.runs)
    yield compared(f"{len(files):,} queries from --files-from", AGAINST, *turns, 1.3, 1.1)
