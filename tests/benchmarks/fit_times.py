"""How long each linear metric takes to fit, beside what no fit can do without.

    python -m tests.benchmarks.fit_times [--pictures 10000] [--dimension 256] [--classes 100] [--only NAME] [--busy]

Made-up embeddings: classes round centres of their own, unit rows, most of the variance in few directions, as those of
networks have it. Beside each fit two floors are timed: the covariance of all rows with its eigendecomposition, which
the closed-form metrics need, and one product of all rows with all rows, which those that look at neighbours need. Exit
code 1 where a fit takes longer than issue 4 allows on two cores. Where the machine does much else, `--busy` judges by
CPU time, which counts all threads together, so that it promises more than the clock would.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.metric.registry import linear_metric

ALLOWED = {"mahalanobis": 2, "lda": 2, "rca": 20, "itml": 20, "lmnn": 90, "nca": 90, "mmc": 90}
"""Seconds."""


@dataclass(frozen=True)
class Taken:
    """By the clock, and by all threads together."""

    seconds: float
    cpu_seconds: float


def labelled(
    pictures: int, dimension: int, classes: int, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Unit rows (n, d) and their labels (n,); the standard deviation of direction k falls as 1/√k."""
    rng = np.random.default_rng(seed)
    labels = np.sort(np.arange(pictures) % classes)
    rows = 0.7 * rng.normal(size=(classes, dimension))[labels] + rng.normal(size=(pictures, dimension))
    rows /= np.sqrt(np.arange(1, dimension + 1))
    rows += 2 / np.sqrt(dimension)  # no network's embeddings are centred
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), labels


def timed(act: Callable[[], object]) -> Taken:
    """How long it takes, once."""
    cpu, began = time.process_time(), time.perf_counter()
    act()
    return Taken(time.perf_counter() - began, time.process_time() - cpu)


def floors(embeddings: NDArray[np.float32]) -> tuple[Taken, Taken]:
    """A covariance with its eigendecomposition; a product of all rows with all, in blocks, as no fit keeps it whole."""
    points = embeddings.astype(np.float64)

    def products() -> None:
        for begin in range(0, len(embeddings), 1000):
            embeddings[begin : begin + 1000] @ embeddings.T

    return timed(lambda: np.linalg.eigh(np.cov(points, rowvar=False))), timed(products)


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description="How long each linear metric takes to fit.")
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--dimension", type=int, default=256)
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--only", choices=sorted(ALLOWED), action="append")
    parser.add_argument("--busy", action="store_true", help="judge by CPU time")
    arguments = parser.parse_args()
    embeddings, labels = labelled(arguments.pictures, arguments.dimension, arguments.classes)
    floors(embeddings)  # the first product of a process starts its threads
    print(f"{arguments.pictures:,} × {arguments.dimension} embeddings of {arguments.classes} classes")
    print("metric\tseconds\tCPU seconds\tallowed\tcovariances\tproducts of all pairs")
    slow = []
    for name in arguments.only or ALLOWED:
        covariance, product = floors(embeddings)
        fit = linear_metric(name)
        taken = timed(lambda fit=fit: fit(embeddings, labels))  # type: ignore[misc]
        counted, first, second = (t.cpu_seconds if arguments.busy else t.seconds for t in (taken, covariance, product))
        print(
            f"{name}\t{taken.seconds:.2f}\t{taken.cpu_seconds:.2f}\t{ALLOWED[name]}\t{counted / first:.1f}"
            f"\t{counted / second:.1f}",
            flush=True,
        )
        slow += [name] if counted > ALLOWED[name] else []
    if slow:
        print(f"too slow: {', '.join(slow)}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
