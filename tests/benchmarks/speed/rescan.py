"""`imgsearch index` over 100,000 files that have not changed, against a walk of them in Python: two whole processes.

The goal of 1.3 is out of reach of one process. In shares of the floor's time (Python 3.11: 0.36 s) ours spends

    0.38   in starting: numpy 0.15, typer 0.08, the interpreter and our own modules; checking the copy of the model 0.03
    0.37   in reading the catalogue: SQLite's calls 0.10, a CRC-32 of each row 0.16, keeping paths, sizes and times 0.11
    0.75   in asking the system for the size and time of each file, from its opened folder; 0.05 more to order the names
    0.25   in telling pictures by their names and holding all against the catalogue

and the floor itself 0.03 in starting and 0.97 in walking. Reading or walking in a thread gains nothing, for the
interpreter's lock; in a forked process it would gain 0.25 where a core is free, and endanger programs with threads.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
from operator import attrgetter
from pathlib import Path

import numpy as np

from imgsearch.index import Index, Record
from imgsearch.model import load_model
from tests.benchmarks.measured import run_measured
from tests.benchmarks.speed.results import Result, Setting, compared, in_turns

FLOOR = """
import os, sys

def walk(folder):
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from walk(entry.path)
            else:
                yield entry.stat()

files = size = newest = 0
for status in walk(sys.argv[1]):
    files, size, newest = files + 1, size + status.st_size, max(newest, status.st_mtime_ns)
print(files)
"""
AGAINST = "a process that walks by os.scandir and asks the size and time of each file"
IN_A_FOLDER = 1000
LONG_AGO = 1_500_000_000_123_456_789


def make_files(folder: Path, count: int) -> list[os.DirEntry[str]]:
    """That many files in folders of a thousand, with names as cameras give them; an unchanged file is never opened."""
    made: list[os.DirEntry[str]] = []
    for start in range(0, count, IN_A_FOLDER):
        below = folder / f"2024-{start // IN_A_FOLDER:03} holiday"
        below.mkdir(parents=True)
        for number in range(start, min(count, start + IN_A_FOLDER)):
            file = below / f"IMG_{number:06}.jpg"
            file.write_bytes(b"x" * (1 + number % 7))
            os.utime(file, ns=(LONG_AGO + number, LONG_AGO + number))
        made += sorted(os.scandir(below), key=attrgetter("name"))  # as `imgsearch index` goes through them
    return made


def make_index(root: Path, files: list[os.DirEntry[str]]) -> None:
    """An index that knows these files, below the folder `photos` of `root`, by the sizes and times that they have."""
    index = Index.create(root / ".imgsearch", load_model("base"))
    rows = np.zeros((len(files), index.model.info.dimension), dtype=np.float32)
    rows[:, 0] = 1
    records = [
        Record(
            os.path.relpath(file, root).replace(os.sep, "/"), file.stat().st_size, file.stat().st_mtime_ns, bytes(16)
        )
        for file in files
    ]
    with index.writer() as writer:
        writer.add_source("photos")
        writer.add(records, rows)


def measure(setting: Setting) -> Iterator[Result]:
    """In turns, with all that the disk says in memory."""
    count = setting.scaled(100_000)
    photos = setting.folder / "photos"
    make_index(setting.folder, make_files(photos, count))
    rescan = ["-m", "imgsearch", "index", str(photos), "--index", str(setting.folder / ".imgsearch")]
    floor = ["-c", FLOOR, str(photos)]

    def run(command: list[str], said: str) -> float:
        measured = run_measured([sys.executable, *command], setting.folder)
        if measured.exit_code != 0 or said not in measured.stdout + measured.stderr:
            raise RuntimeError(measured.stdout + measured.stderr)
        return measured.seconds

    ours = partial(run, rescan, f" 0 removed, {count:,} unchanged;")
    theirs = partial(run, floor, str(count))
    ours()
    theirs()
    yield compared(f"re-scan of {count:,} unchanged files", AGAINST, *in_turns(ours, theirs, setting.runs), 2, 1.3)
