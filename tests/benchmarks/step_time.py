"""The time of a training step's loss and miner, ours against pytorch-metric-learning's.

    python -m tests.benchmarks.step_time [--json FILE] [--repeats N] [--only NAME] [--busy]

For every system that both have: normalisation, miner, loss and backward pass of one batch of 64 classes × 4 pictures,
256 dimensions, on two threads. Ours and theirs take turns in one process, and medians are compared, so that whatever
else the machine does slows down both; where it does much else, `--busy` counts CPU time on one thread. Exit code 1 if
any of ours takes more than 1.2 times theirs, or fewer than half are faster.

Where the two differ in what they mine by that name, each does as it does: our semi-hard and hard miners draw one
negative a positive pair, theirs take all. (Easy triplets are left out: a triplet loss has nothing to do for them.)
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from pytorch_metric_learning import distances, losses, miners
from torch import Tensor
from torch.nn import functional

from imgsearch.progress import progress
from imgsearch.registry import build
from imgsearch.training.loss import Loss
from imgsearch.training.losses import LOSSES
from imgsearch.training.miners import MINERS
from imgsearch.training.tuples import convert

SLOWEST = 1.2
WARM_UP = 3
ENOUGH, PATIENCE = 7, 20.0
"""Rounds and seconds after which a slow system is measured well enough."""
PASSES = 3
"""Through all systems; of the three ratios of each the middle one counts, since a shared machine has its moments."""
Step = Callable[[], None]


@dataclass(frozen=True)
class Comparison:
    """One of our losses and its counterpart."""

    loss: str
    theirs: Callable[[int, int], Any]
    """Their loss for (classes, dimension)."""
    their_miner: Callable[[], Any] | None = None
    miner: str | None = None
    """Of ours; None: the loss's own."""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As the table shows it."""
        return self.loss if self.miner is None else f"{self.loss}, {self.miner}"


def triplet(classes: int, dimension: int) -> Any:
    """Their triplet loss, told to do as ours."""
    return losses.TripletMarginLoss(margin=0.2, distance=distances.LpDistance(power=2))


def violating(kind: str) -> Callable[[], Any]:
    """Their miner of that type of triplets."""
    return lambda: miners.TripletMarginMiner(0.2, type_of_triplets=kind, distance=distances.LpDistance(power=2))


COMPARISONS = [
    Comparison("arcface", losses.ArcFaceLoss),
    Comparison("contrastive", lambda *_: losses.ContrastiveLoss(), options={"squared": False}),
    Comparison("generalised_lifted", lambda *_: losses.GeneralizedLiftedStructureLoss()),
    Comparison("hinge_embedding", lambda *_: losses.ContrastiveLoss()),
    Comparison("histogram", lambda *_: losses.HistogramLoss(n_bins=100)),
    Comparison("lifted", lambda *_: losses.LiftedStructureLoss()),
    Comparison(
        "margin",
        lambda classes, _: losses.MarginLoss(learn_beta=True),
        miners.DistanceWeightedMiner,
        "distance_weighted",
    ),
    Comparison("multi_similarity", lambda *_: losses.MultiSimilarityLoss(2, 50, 0.5), miners.MultiSimilarityMiner),
    Comparison("normalised_softmax", losses.NormalizedSoftmaxLoss),
    Comparison("npair", lambda *_: losses.NPairsLoss()),
    Comparison("proxy_anchor", losses.ProxyAnchorLoss),
    Comparison("proxy_nca", lambda *sizes: losses.ProxyNCALoss(*sizes, softmax_scale=9)),
    Comparison("smooth_ap", lambda *_: losses.SmoothAPLoss()),
    Comparison("supcon", lambda *_: losses.SupConLoss()),
    Comparison("triplet", triplet, miner="batch_all"),
    Comparison("triplet", triplet, miners.BatchHardMiner, "batch_hard"),
    Comparison("triplet", triplet, miners.DistanceWeightedMiner, "distance_weighted"),
    Comparison("triplet", triplet, violating("hard"), "hard"),
    Comparison("triplet", triplet, miners.MultiSimilarityMiner, "multi_similarity"),
    Comparison("triplet", triplet, violating("semihard"), "semi_hard"),
]


@dataclass(frozen=True)
class Batch:
    """What the network gave: rows (n, d) before normalisation, labels (n,)."""

    rows: Tensor
    labels: Tensor

    @property
    def sizes(self) -> tuple[int, int]:
        """Number of classes and length of the rows."""
        return int(self.labels.max()) + 1, self.rows.shape[1]


def make_batch(classes: int = 64, images: int = 4, dimension: int = 256) -> Batch:
    """Classes near enough that negatives lie on both sides of every margin."""
    torch.manual_seed(0)
    labels = torch.arange(classes).repeat_interleave(images)
    rows = torch.randn(dimension) + torch.randn(classes, dimension)[labels] + torch.randn(len(labels), dimension)
    return Batch(rows.requires_grad_(), labels)


def our_step(comparison: Comparison, batch: Batch) -> Step:
    """Forward and backward of ours, as the trainer does it."""
    classes, dimension = batch.sizes
    supplied = {"classes": classes, "dimension": dimension}
    loss: Loss = build("loss", LOSSES, comparison.loss, comparison.options, supplied)
    miner = None if loss.miner is None else build("miner", MINERS, comparison.miner or loss.miner, {}, {})

    def step() -> None:
        batch.rows.grad = None
        loss.zero_grad()
        given = functional.normalize(batch.rows, dim=1) if loss.normalised else batch.rows
        mined = None
        if miner is not None and loss.kind is not None:
            found = miner(functional.normalize(batch.rows.detach(), dim=1), batch.labels)
            mined = convert(found, loss.kind, batch.labels)
        torch.autograd.backward(loss(given, batch.labels, mined))

    return step


def their_step(comparison: Comparison, batch: Batch) -> Step:
    """Forward and backward of theirs; both their miner and their loss normalise by themselves."""
    loss = comparison.theirs(*batch.sizes)
    miner = comparison.their_miner() if comparison.their_miner is not None else None

    def step() -> None:
        batch.rows.grad = None
        loss.zero_grad()
        mined = miner(batch.rows, batch.labels) if miner is not None else None
        torch.autograd.backward(loss(batch.rows, batch.labels, mined))

    return step


@dataclass(frozen=True)
class Timing:
    """Medians in milliseconds."""

    name: str
    ours: float
    theirs: float
    ratio: float


def measure(
    comparison: Comparison, batch: Batch, repeats: int, clock: Callable[[], float] = time.perf_counter
) -> Timing:
    """Medians over `repeats` rounds, in each of which both take their turn; fewer where these are slow."""
    steps = our_step(comparison, batch), their_step(comparison, batch)
    seconds: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        for number in range(WARM_UP + repeats):
            if number >= WARM_UP + ENOUGH and time.perf_counter() - start > PATIENCE:
                break
            for which in (0, 1) if number % 2 else (1, 0):
                began = clock()
                steps[which]()
                took = clock() - began
                if number >= WARM_UP:
                    seconds[which].append(took)
    finally:
        gc.enable()
    ours, theirs = (1000 * statistics.median(one) for one in seconds)
    return Timing(comparison.name, ours, theirs, ours / theirs)


def available(comparisons: Sequence[Comparison]) -> tuple[list[Comparison], list[str]]:
    """Those whose loss and miner are registered, and the names of the others."""
    ready = [one for one in comparisons if one.loss in LOSSES and (one.miner is None or one.miner in MINERS)]
    return ready, [one.name for one in comparisons if one not in ready]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and say by the exit code whether ours are fast enough."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.step_time", description="loss + miner, against PML"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there, too")
    parser.add_argument("--repeats", type=int, default=30, metavar="N", help="rounds of which medians are taken (30)")
    parser.add_argument("--only", metavar="NAME", help="only systems whose name contains this")
    parser.add_argument("--busy", action="store_true", help="count CPU time on one thread instead of time on two")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1 if options.busy else 2)
    warnings.filterwarnings("ignore", message="Using a non-tuple sequence")  # in their histogram loss
    ready, missing = available([one for one in COMPARISONS if options.only is None or options.only in one.name])
    if missing:
        print(f"not registered, skipped: {'; '.join(missing)}", file=sys.stderr)
    batch, clock = make_batch(), time.process_time if options.busy else time.perf_counter
    print(f"{'system':28}{'ours ms':>10}{'theirs ms':>11}{'ratio':>8}")
    passes = [
        [measure(comparison, batch, options.repeats, clock) for comparison in progress(ready, unit="systems")]
        for _ in range(PASSES)
    ]
    timings = [sorted(same, key=lambda timing: timing.ratio)[PASSES // 2] for same in zip(*passes, strict=True)]
    for one in timings:
        print(f"{one.name:28}{one.ours:10.2f}{one.theirs:11.2f}{one.ratio:8.2f}", flush=True)
    if not timings:
        return 0
    faster, worst = sum(one.ratio < 1 for one in timings), max(timings, key=lambda one: one.ratio)
    fast_enough = worst.ratio <= SLOWEST and 2 * faster >= len(timings)
    print(f"faster: {faster} of {len(timings)}; worst: {worst.name}, {worst.ratio:.2f}")
    if options.json is not None:
        result = {"timings": [asdict(one) for one in timings], "skipped": missing, "fast_enough": fast_enough}
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0 if fast_enough else 1


if __name__ == "__main__":
    sys.exit(main())
