"""What it costs to give an index of 100,000 × 256 another linear metric, against one matrix product of that size.

    python -m tests.benchmarks.reprojection

Each round times NumPy's product (100,000 × 256)·(256 × 256) in float32 and in float64, a re-projection of an index with
the embedded model, from taking the lock to the commit, all of it flushed to the disk, and, for comparison, writing and
flushing as many bytes alone. Prints the medians, and exits with 1 where a re-projection takes more than five products
in float32. The index is made in the temporary folder: set TMPDIR to try another disk.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from imgsearch.index import Index, Record
from imgsearch.metric.linear import LinearMetric
from imgsearch.model import Model, copy_model, load_model, write_metric

COUNT, DIMENSION = 100_000, 256
ROUNDS = 9
ALLOWED = 5.0


def metric_model(folder: Path, seed: int) -> Model:
    """The embedded model with a random metric."""
    random = np.random.default_rng(seed)
    copy_model(load_model("base"), folder)
    write_metric(
        folder, LinearMetric.centred(random.normal(size=(DIMENSION, DIMENSION)), random.normal(size=DIMENSION))
    )
    return load_model(folder)


def unit_rows() -> NDArray[np.float32]:
    """Random embeddings."""
    rows = np.random.default_rng(0).normal(size=(COUNT, DIMENSION)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def reproject(index: Index, model: Model) -> None:
    """What `imgsearch index --model` does to an index whose pictures are unchanged."""
    with index.writer() as writer:
        writer.reproject(model)
    index.refresh()


def write_flushed(file: Path, content: bytes) -> None:
    """As many bytes as the re-projected rows."""
    file.unlink(missing_ok=True)
    with file.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def seconds(act: Callable[[], object]) -> float:
    """How long it takes once."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def main() -> int:
    """Measure, print, judge."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = [metric_model(folder / str(seed), seed) for seed in range(2)]
        index = Index.create(folder / ".imgsearch", load_model("base"))
        rows = unit_rows()
        with index.writer() as writer:
            writer.add([Record(f"{number}.jpg", 1, 1, bytes(16)) for number in range(COUNT)], rows)
        matrix = np.random.default_rng(1).normal(size=(DIMENSION, DIMENSION))
        single, wide = matrix.astype(np.float32), rows.astype(np.float64)
        taken: dict[str, list[float]] = {}
        for number in range(ROUNDS + 1):
            model = models[number % 2]
            times = {
                "product in float32": seconds(lambda: rows @ single),
                "product in float64": seconds(lambda: wide @ matrix),
                "re-projection": seconds(partial(reproject, index, model)),
                "writing as much alone": seconds(lambda: write_flushed(folder / "alone", rows.tobytes())),
            }
            for what, time_taken in times.items():
                taken.setdefault(what, []).extend([time_taken] if number else [])  # the first round warms up
    medians = {what: median(times) for what, times in taken.items()}
    for what, middle in medians.items():
        least, most = min(taken[what]), max(taken[what])
        print(f"{what:22} {1000 * middle:6.0f} ms ({1000 * least:.0f} to {1000 * most:.0f})")
    ratios = [medians["re-projection"] / medians[f"product in {kind}"] for kind in ("float32", "float64")]
    print(
        f"a re-projection takes {ratios[0]:.1f} products in float32, {ratios[1]:.1f} in float64; allowed: {ALLOWED:.0f}"
    )
    return 0 if ratios[0] <= ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())
