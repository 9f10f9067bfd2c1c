"""How sure verification figures are: a jackknife over classes, each time without all pairs that one takes part in.

A pair of two classes goes with either, so that classes count for what they find and for what they distract. Efron and
Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 11.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.bootstrap import SHARE
from imgsearch.retrieval.pair_counts import PairCounts
from imgsearch.retrieval.pair_groups import PairGroups
from imgsearch.retrieval.student import student_t
from imgsearch.retrieval.verification import verification

FEWEST = 10
"""Accepted genuine pairs below which a true accept rate has no interval."""
_UNSURE = ("fpr95", "best_accuracy")  # a rate at a quantile held the truth in 87 of 100 trials, a maximum is no mean


def verification_intervals(
    pairs: PairCounts, groups: PairGroups, share: float = SHARE
) -> dict[str, tuple[float, float]]:
    """Where the figures of `verification` lie for classes like these, with 95 % confidence: between 0 and 1.

    On the scale of log odds, where none of the figures is 0 or 1. There is no interval for fpr95 and best_accuracy, for
    a true accept rate of fewer than `FEWEST` pairs, and for what cannot be told without some class.
    """
    figures = verification(pairs)
    parts = [groups.without(number) for number in range(len(groups.genuine))]
    if len(parts) < 2 or any(not part.genuine.any() or not part.impostor.any() for part in parts):
        return {}
    without = [verification(part) for part in parts]
    wide = student_t((1 + share) / 2, len(parts) - 1)
    genuine = int(pairs.genuine.sum())
    found = {}
    for name, value in figures.items():
        few = name.startswith("tar") and value * genuine < FEWEST
        if name not in _UNSURE and not few and all(name in part for part in without):
            found[name] = _interval(value, np.array([part[name] for part in without]), wide)
    return found


def _interval(value: float, without: NDArray[np.float64], wide: float) -> tuple[float, float]:
    extremes = (min(value, without.min()), max(value, without.max()))
    if extremes[0] <= 0 or extremes[1] >= 1:
        reach = wide * _error(without)
        return max(0.0, value - reach), min(1.0, value + reach)
    reach = wide * _error(np.log(without / (1 - without)))
    odds = value / (1 - value)
    return 1 / (1 + math.exp(reach) / odds), 1 / (1 + math.exp(-reach) / odds)


def _error(without: NDArray[np.float64]) -> float:
    """The standard error by what is left without each group (g,)."""
    count = len(without)
    return math.sqrt((count - 1) / count * float(((without - without.mean()) ** 2).sum()))
