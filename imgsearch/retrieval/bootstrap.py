"""How sure a mean over queries is: intervals from a bootstrap over classes (Efron 1979, percentile method).

Queries of one class resemble one another, so that resampling queries would promise too much: classes are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHARE = 0.95
RESAMPLES = 2000


@dataclass(frozen=True, eq=False)
class ClassScores:
    """A metric summed over the queries of each class."""

    sums: NDArray[np.float64]
    """(C,)"""
    queries: NDArray[np.int64]
    """(C,), how many; a class without any counts for nothing."""

    @property
    def mean(self) -> float:
        """Over all queries."""
        return float(self.sums.sum() / self.queries.sum())

    @classmethod
    def of(cls, scores: NDArray[np.float64], classes: NDArray[np.intp], count: int) -> ClassScores:
        """Of queries (q,) with classes (q,) from 0 to count − 1."""
        sums = np.bincount(classes, scores, count).astype(np.float64)
        return cls(sums, np.bincount(classes, minlength=count))


def interval(scores: ClassScores, seed: int = 0) -> tuple[float, float]:
    """Where the mean lies in 95 % of the resamples."""
    means = _resampled(scores.sums, scores.queries, seed)
    return _percentiles(means)


def paired_interval(scores: ClassScores, baseline: ClassScores, seed: int = 0) -> tuple[float, float]:
    """Where the difference of two means on the same queries lies, each resample drawing the same classes for both.

    Raises ValueError where the two are of different queries.
    """
    if not np.array_equal(scores.queries, baseline.queries):
        raise ValueError("scores of different queries cannot be paired")
    return _percentiles(_resampled(scores.sums - baseline.sums, scores.queries, seed))


def _resampled(sums: NDArray[np.float64], queries: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    present = np.flatnonzero(queries)
    drawn = np.random.default_rng(seed).choice(present, (RESAMPLES, len(present)))
    means: NDArray[np.float64] = sums[drawn].sum(axis=1) / queries[drawn].sum(axis=1)
    return means


def _percentiles(means: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(means, [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return float(low), float(high)
