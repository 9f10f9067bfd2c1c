"""Whether a folder of hostile pictures can crash, hang or swell `imgsearch index`, or make it lose a file.

    python -m tests.benchmarks.hostile_pictures [--pictures 600] [--seed 0] [--threads N] [--json FILE]

`tests.benchmarks.broken_pictures` makes the folder. Each file is decoded alone in a worker process; more than 10 s of
processor time, which other work on the machine does not stretch, is a hang, and so is a minute on the clock. Then
`imgsearch index` runs over all of them, on as many threads as asked, and its peak resident memory is what the system
says about that child. A file that is neither indexed nor listed as skipped is lost. Exits with 1 where there is a
crash, a hang, a lost file, or more than 1.5 GB.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from imgsearch.images.find import find_pictures
from imgsearch.index import Index
from tests.benchmarks.measured import run_measured

LIMIT = 10.0
"""Seconds of processor time a file."""

CLOCK_LIMIT = 60.0
"""Seconds after which a worker is killed."""

ALLOWED = 1_500
"""Megabytes (10⁶ bytes)."""

WORKER = """
import os, sys, time
from imgsearch.errors import PictureError
from imgsearch.images.open import open_picture
from imgsearch.images.preprocess import to_square
for line in sys.stdin.buffer:
    began = time.process_time()
    try:
        to_square(open_picture(os.fsdecode(line[:-1]), side=96), 96)
        outcome = "indexed"
    except PictureError as error:
        outcome = error.reason
    print(time.process_time() - began, outcome, flush=True)
"""


@dataclass
class Outcome:
    """What the pictures did."""

    pictures: int = 0
    indexed: int = 0
    skipped: int = 0
    lost: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    peak_mb: int = 0
    slowest: list[tuple[float, str]] = field(default_factory=list)
    """Seconds of processor time and name of the five that took longest alone."""
    seconds: float = 0.0
    """Of the whole `imgsearch index`."""

    @property
    def passed(self) -> bool:
        """Whether all demands are met."""
        return not (self.lost or self.crashes or self.hangs) and self.peak_mb <= ALLOWED


def one_by_one(files: list[Path], outcome: Outcome) -> dict[str, str]:
    """Decode each file in a worker process, another one after each crash or hang; what became of them, by name."""
    became: dict[str, str] = {}
    times: list[tuple[float, str]] = []
    worker: subprocess.Popen[bytes] | None = None
    for file in files:
        worker = worker or subprocess.Popen(
            [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert worker.stdin and worker.stdout
        began = time.monotonic()
        alarm = threading.Timer(CLOCK_LIMIT, worker.kill)
        alarm.start()
        worker.stdin.write(os.fsencode(file) + b"\n")
        worker.stdin.flush()
        seconds, _, answer = worker.stdout.readline().decode().rstrip("\n").partition(" ")
        on_the_clock = time.monotonic() - began
        alarm.cancel()
        times.append((round(float(seconds or on_the_clock), 2), file.name))
        became[file.name] = answer
        if times[-1][0] > LIMIT:
            outcome.hangs.append(file.name)
        elif not answer:
            outcome.crashes.append(file.name)
        if not answer:
            worker.communicate()
            worker = None
    if worker:
        worker.communicate()
    outcome.slowest = sorted(times, reverse=True)[:5]
    return became


def index_all(folder: Path, threads: int, outcome: Outcome) -> set[str]:
    """Run `imgsearch index` and measure it; the names of the files that it has indexed or listed as skipped."""
    listed = folder.parent / "skipped.csv"
    command = [sys.executable, "-m", "imgsearch", "index", folder.name, "--errors", str(listed), "--jobs", str(threads)]
    index = run_measured(command, folder.parent, cwd=folder.parent)
    outcome.seconds, outcome.peak_mb = round(index.seconds, 1), index.peak_bytes // 1_000_000
    if index.exit_code != 0 or "Traceback" in index.stderr:
        outcome.crashes.append(f"imgsearch index: exit code {index.exit_code}: {index.stderr[-2000:]}")
        return set()
    records = Index.open(folder.parent / ".imgsearch").records()
    indexed = {Path(stored).name for stored, record in records.items() if record.reason is None}
    with listed.open(encoding="utf-8", newline="") as stream:
        skipped = {Path(row["path"]).name for row in csv.DictReader(stream)}
    outcome.indexed, outcome.skipped = len(indexed), len(skipped)
    return indexed | skipped


def run(folder: Path, pictures: int, seed: int, threads: int) -> tuple[Outcome, dict[str, str]]:
    """Make the pictures below a folder, and let them do their worst; also what became of each alone, by name."""
    maker = [sys.executable, "-m", "tests.benchmarks.broken_pictures", str(folder / "pictures")]
    subprocess.run([*maker, "--pictures", str(pictures), "--seed", str(seed)], check=True)
    files = sorted(find_pictures(folder / "pictures"))
    outcome = Outcome(pictures=len(files))
    became = one_by_one(files, outcome)
    seen = index_all(folder / "pictures", threads, outcome)
    outcome.lost = sorted({file.name for file in files} - seen)
    return outcome, became


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--list", action="store_true", help="print what became of each file alone")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        outcome, became = run(Path(name), given.pictures, given.seed, given.threads)
    if given.list:
        for file, answer in became.items():
            print(f"{file}\t{answer}")
    for what in ("pictures", "indexed", "skipped"):
        print(f"{what:16}{getattr(outcome, what):7,}")
    for what in ("lost", "crashes", "hangs"):
        found = getattr(outcome, what)
        print(f"{what:16}{len(found):7,}", *found[:10])
    print(f"{'peak MB':16}{outcome.peak_mb:7,} of {ALLOWED:,}, {given.threads} threads, {outcome.seconds} s")
    print("slowest alone   ", *(f"{seconds} s {file}" for seconds, file in outcome.slowest), sep="  ")
    if given.json:
        given.json.write_text(json.dumps(asdict(outcome), indent=2) + "\n", encoding="utf-8")
    return 0 if outcome.passed else 1


if __name__ == "__main__":
    sys.exit(main())
