"""How often the 95 % intervals of `eval` hold the truth, by simulation.

    python -m tests.benchmarks.interval_coverage                  # takes minutes
    python -m tests.benchmarks.interval_coverage --trials 200     # sooner, and less sure

Three tables. Class scores drawn from populations whose mean is known: the interval of the mean (micro), against the
plain percentile bootstrap. Paired gains, drawn likewise. And whole evaluations: in every trial classes are drawn,
pictures of them embedded, and every picture asked; the truth is the mean over all trials, so that what a trial's
classes do to each other's rankings counts as well.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval import evaluate_queries
from imgsearch.retrieval.bootstrap import RESAMPLES, ClassScores, interval, paired_interval
from imgsearch.retrieval.few_shot import few_shot
from imgsearch.retrieval.jackknife import verification_intervals
from imgsearch.retrieval.pair_groups import all_pair_groups
from imgsearch.retrieval.verification import verification

CLASSES = (30, 100)
Draw = Callable[[np.random.Generator, int], tuple[NDArray[np.float64], NDArray[np.int64]]]
"""Scores and sizes of so many classes."""


def alike(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Classes of ten queries."""
    return values, np.full(len(values), 10)


def _sizes(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    return np.ceil(np.exp(rng.normal(2, 0.8, count))).astype(np.int64)


def _smaller_is_better(rng: np.random.Generator, count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    sizes = _sizes(rng, count)
    return rng.beta(2, 2, count) * np.exp(-sizes / 40), sizes


POPULATIONS: dict[str, Draw] = {
    "normal": lambda rng, count: alike(np.clip(rng.normal(0.5, 0.1, count), 0, 1)),
    "high (beta 9, 1)": lambda rng, count: alike(rng.beta(9, 1, count)),
    "low (beta 0.5, 5)": lambda rng, count: alike(rng.beta(0.5, 5, count)),
    "ten coins a class": lambda rng, count: alike(rng.binomial(10, rng.beta(4, 1, count)) / 10),
    "4 of 5 classes perfect": lambda rng, count: alike(np.where(rng.random(count) < 0.8, 1, rng.random(count))),
    "19 of 20 classes perfect": lambda rng, count: alike(np.where(rng.random(count) < 0.95, 1, rng.random(count))),
    "sizes from 1 to 60": lambda rng, count: (rng.beta(2, 2, count), _sizes(rng, count)),
    "small classes easier": _smaller_is_better,
}
GAINS: dict[str, Draw] = {
    "none, heavy tails": lambda rng, count: alike(np.clip(rng.standard_t(4, count) * 0.05, -1, 1)),
    "none, skewed": lambda rng, count: alike(np.clip((rng.exponential(size=count) - 1) * 0.05, -1, 1)),
    "0.02 of classes 0 or 0.1": lambda rng, count: alike(np.where(rng.random(count) < 0.2, 0.1, 0.0)),
}


def percentile(scores: ClassScores) -> tuple[float, float]:
    """The plain interval: where 95 % of the resampled means lie."""
    drawn = np.random.default_rng(0).integers(0, len(scores.sums), (RESAMPLES, len(scores.sums)))
    low, high = np.quantile(scores.sums[drawn].sum(axis=1) / scores.queries[drawn].sum(axis=1), [0.025, 0.975])
    return float(low), float(high)


def _paired(scores: ClassScores) -> tuple[float, float]:
    return paired_interval(scores, ClassScores(0 * scores.sums, scores.queries))


def class_scores(populations: dict[str, Draw], ours: Callable[[ClassScores], tuple[float, float]], trials: int) -> None:
    """Print how often the interval holds the mean of the population that its classes come from."""
    for name, draw in populations.items():
        values, sizes = draw(np.random.default_rng(1), 2_000_000)
        truth = float(values @ sizes / sizes.sum())
        for count in CLASSES:
            rng = np.random.default_rng(0)
            held = np.zeros(2)
            for _ in range(trials):
                values, sizes = draw(rng, count)
                scores = ClassScores(values * sizes, sizes)
                held += [low <= truth <= high for low, high in (ours(scores), percentile(scores))]
            print(f"  {name:<28}{count:5}{100 * held[0] / trials:8.1f} %{100 * held[1] / trials:12.1f} %", flush=True)


def evaluations(count: int, dimension: int, spread: float, trials: int) -> None:
    """Print the same for all figures of trials in which classes of five pictures are drawn anew."""
    labels = np.repeat(np.arange(count), 5)
    values: dict[str, list[float]] = {}
    intervals: dict[str, list[tuple[float, float]]] = {}
    for seed in range(trials):
        rng = np.random.default_rng(seed)
        noise = rng.normal(size=(len(labels), dimension)) * np.exp(rng.normal(0, 0.4, (count, 1)))[labels]
        rows = spread * rng.normal(size=(count, dimension))[labels] + noise
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        queries, metrics = evaluate_queries(rows, labels, ks=(1,))
        scored = {name: ClassScores.of(metric, labels[queries], count) for name, metric in metrics.items()}
        scored["5-way 1-shot"] = few_shot(rows, labels, 5, 1, episodes=300, seed=seed).by_class
        pairs, groups = all_pair_groups(rows, labels)
        figures = {name: scores.mean for name, scores in scored.items()} | verification(pairs)
        ends = {name: interval(scores) for name, scores in scored.items()} | verification_intervals(pairs, groups)
        for name, both in ends.items():
            values.setdefault(name, []).append(figures[name])
            intervals.setdefault(name, []).append(both)
    for name, ends_of in intervals.items():
        truth = np.mean(values[name])
        held = np.mean([low <= truth <= high for low, high in ends_of])
        told = "" if len(ends_of) == trials else f"  (in {len(ends_of)} trials)"
        print(f"  {name:<20}{count:5}{dimension:5}{truth:9.3f}{100 * held:8.1f} %{told}", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    trials = parser.parse_args().trials
    print(f"95 % intervals that hold the truth, of {trials} trials (±{196 * (0.95 * 0.05 / trials) ** 0.5:.1f})")
    print(f"  {'mean score of classes':<28}{'':5}{'ours':>10}{'percentile':>14}")
    class_scores(POPULATIONS, interval, trials)
    print(f"  {'mean gain of classes':<28}{'':5}{'ours':>10}{'percentile':>14}")
    class_scores(GAINS, _paired, trials)
    print(f"  whole evaluations, {max(1, trials // 4)} of each: classes, dimensions, truth")
    for count, dimension, spread in ((30, 16, 1.0), (30, 32, 1.0), (100, 16, 1.0), (30, 16, 0.0)):
        evaluations(count, dimension, spread, max(1, trials // 4))


if __name__ == "__main__":
    main()
