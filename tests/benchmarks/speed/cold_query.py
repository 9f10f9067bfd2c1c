"""A whole `imgsearch query` process: its time over 100,000 and over a million vectors, and its private memory.

What it spends beyond the floor is mostly imports: by `python -X importtime`, which makes them dearer, 189 ms against
138. Of what only ours imports, 49 ms, our own modules take 29, the rest is hashlib, sqlite3 and Pillow's formats.
Ratios of so short processes vary: medians of 5 and of 11 turns came to 1.38 and 1.18 on one machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, Popen

import numpy as np
from numpy.typing import NDArray

from imgsearch.index import Index, Record
from imgsearch.model import load_model
from tests.benchmarks.measured import run_measured
from tests.benchmarks.speed.results import Result, Setting, compared, in_turns

FLOOR = """
import sys
import numpy, onnxruntime, typer
from PIL import Image
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
pixels = numpy.asarray(Image.open(sys.argv[2]).convert("RGB").resize((96, 96)))[None]
session.run(None, {session.get_inputs()[0].name: pixels})
"""
AGAINST = "imports of numpy, onnxruntime, typer and PIL, and one run of the model"
BLOCK = 20_000
PICTURE = Path(__file__).parents[3] / "sample_data"


def unit_rows(count: int) -> Iterator[NDArray[np.float32]]:
    """So many random embeddings (n, 256), block by block."""
    rng = np.random.default_rng(0)
    for start in range(0, count, BLOCK):
        rows = rng.normal(size=(min(BLOCK, count - start), 256)).astype(np.float32)
        yield rows / np.linalg.norm(rows, axis=1, keepdims=True)


def make_index(folder: Path, count: int) -> None:
    """An index of `count` pictures that are not there, each with a random embedding."""
    index = Index.create(folder, load_model("base"))
    with index.writer() as writer:
        for start, rows in zip(range(0, count, BLOCK), unit_rows(count), strict=True):
            writer.add([record(number) for number in range(start, start + len(rows))], rows)


def record(number: int) -> Record:
    """What the catalogue says of a picture that is not there."""
    name = f"folder {number // 1000}/picture {number}.jpg"
    return Record(name, 1000 + number, 10**18 + number, number.to_bytes(16, "little"))


def peak_private(command: list[str]) -> int:
    """The most private memory that a command has, in bytes, as Linux shows it while it runs."""
    most = 0
    with Popen(command, stdout=DEVNULL) as process:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup")
        while process.poll() is None:
            time.sleep(0.002)
            try:
                lines = rollup.read_text().splitlines()
            except OSError:  # it has just ended
                continue
            most = max(most, 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_")))
    if process.returncode != 0:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return most


def measure(setting: Setting) -> Iterator[Result]:
    """Of the same picture, in turns with the floor."""
    picture = str(min(PICTURE.rglob("*.jpg")))
    floor = ["-c", FLOOR, str(load_model("base").folder / "encoder.onnx"), picture]

    def run(*command: str) -> float:
        measured = run_measured([sys.executable, *command], setting.folder)
        if measured.exit_code != 0:
            raise RuntimeError(measured.stderr)
        return measured.seconds

    for full, required, goal in ((100_000, 1.6, 1.3), (1_000_000, 3, 2)):
        count = setting.scaled(full)
        folder = setting.folder / str(count)
        make_index(folder, count)
        query = ["-m", "imgsearch", "query", picture, "--index", str(folder)]
        run(*query)
        turns = in_turns(partial(run, *query), partial(run, *floor), setting.runs)
        yield compared(f"cold query over {count:,} × 256", AGAINST, *turns, required, goal)
        if full == 1_000_000 and sys.platform == "linux":
            ours = peak_private([sys.executable, *query]) / 1e6
            theirs = (folder / "vectors.f32").stat().st_size / 1e6
            name = f"private memory of a query over {count:,} × 256"
            yield Result(name, "size of the vectors file", ours / theirs, 0.3, 0.1, ours, theirs, unit="MB")
