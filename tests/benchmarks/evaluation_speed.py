"""All metrics of 20,000 embeddings in under a minute and 2 GB, and retrieval metrics of 100,000 in under 2 GB.

    python -m tests.benchmarks.evaluation_speed            # 20,000 × 256, all metrics
    python -m tests.benchmarks.evaluation_speed --large    # also 100,000 × 256, takes minutes

Each case is a process of its own; prints the seconds of each part and the memory at the peak by then. Embeddings are
random, drawn towards their class; a case with few large classes stands beside one with many small ones.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval import Relevance, answered, chance
from imgsearch.retrieval.calibration import calibrate
from imgsearch.retrieval.clustering import clustering
from imgsearch.retrieval.collapse import collapse
from imgsearch.retrieval.confusion import confusions
from imgsearch.retrieval.few_shot import few_shot
from imgsearch.retrieval.jackknife import verification_intervals
from imgsearch.retrieval.pair_groups import all_pair_groups
from imgsearch.retrieval.summary import summarised
from imgsearch.retrieval.verification import roc, verification

DIMENSION = 256
CASES = ((20_000, 1_000), (20_000, 20))
LARGE = ((100_000, 5_000),)


def sample(count: int, classes: int) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Unit rows (count, DIMENSION) and their classes (count,)."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, count)
    centres = rng.standard_normal((classes, DIMENSION), dtype=np.float32)
    rows = rng.standard_normal((count, DIMENSION), dtype=np.float32)
    rows += 0.4 * centres[labels]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows, labels


def parts(rows: NDArray[np.float32], labels: NDArray[np.intp]) -> dict[str, Callable[[], object]]:
    """Whatever `eval` says about a set of pictures."""

    def retrieval() -> object:
        relevance = Relevance.leave_one_out(labels)
        answers = answered(rows, rows, relevance)
        return summarised(answers.metrics, labels[answers.queries]), confusions(answers.nearest, relevance)

    def verified() -> object:
        pairs, groups = all_pair_groups(rows, labels)
        return verification(pairs), verification_intervals(pairs, groups), roc(pairs).thinned()

    return {
        "retrieval, confusions": retrieval,
        "chance": lambda: chance(labels),
        "verification, intervals": verified,
        "clustering": lambda: clustering(rows, labels),
        "few-shot, 1 and 5": lambda: [few_shot(rows, labels, 5, shot) for shot in (1, 5)],
        "calibration": lambda: calibrate(rows, labels, far=1e-3),
        "collapse": lambda: collapse(rows),
    }


def measure(count: int, classes: int) -> None:
    """In this process."""
    rows, labels = sample(count, classes)
    print(f"{count} x {DIMENSION}, {classes} classes")
    began, worked = time.perf_counter(), time.process_time()
    for name, part in parts(rows, labels).items():
        before, busy = time.perf_counter(), time.process_time()
        part()
        _print(name, time.perf_counter() - before, time.process_time() - busy)
    _print("all metrics", time.perf_counter() - began, time.process_time() - worked)


def _print(name: str, seconds: float, busy: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(f"  {name:<24}{seconds:8.1f} s{busy:8.1f} s of processor{peak / 1e6:8.0f} MB at the peak", flush=True)


def main() -> None:
    """Every case in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="also 100,000 pictures")
    parser.add_argument("--case", nargs=2, type=int, metavar=("PICTURES", "CLASSES"), help="this one, in this process")
    options = parser.parse_args()
    if options.case:
        measure(*options.case)
        return
    for count, classes in CASES + (LARGE if options.large else ()):
        subprocess.run([sys.executable, "-m", __spec__.name, "--case", str(count), str(classes)], check=True)


if __name__ == "__main__":
    main()
