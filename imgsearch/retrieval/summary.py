"""A metric of a whole set in a few numbers: micro and macro mean, how sure they are, which of two models is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.bootstrap import SHARE, ClassScores, interval, paired_interval
from imgsearch.retrieval.evaluation import means


@dataclass(frozen=True)
class Estimate:
    """A figure, and where it lies for classes like these with 95 % confidence."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Summary:
    """One metric of a set."""

    micro: Estimate
    """Every query counts the same."""
    macro: Estimate
    """Every class counts the same: the mean over classes of the mean over their queries."""


def summarised(
    per_query: Mapping[str, NDArray[np.float64]], classes: NDArray[np.integer], seed: int = 0
) -> dict[str, Summary]:
    """Of each metric (q,) of queries of classes (q,), 0 to C − 1."""
    micro = means(per_query)
    found = {}
    for name, values in per_query.items():
        scores = ClassScores.of(values, classes.astype(np.intp), int(classes.max()) + 1)
        macro = scores.macro
        found[name] = Summary(
            Estimate(micro[name], *interval(scores, seed)), Estimate(macro.mean, *interval(macro, seed))
        )
    return found


@dataclass(frozen=True)
class Difference:
    """What one model gains over another on the same queries."""

    model: str
    baseline: str
    metric: str
    difference: Estimate

    @property
    def better(self) -> str | None:
        """The better model, or None where the interval holds 0."""
        if self.difference.low > 0:
            return self.model
        return self.baseline if self.difference.high < 0 else None

    @property
    def sentence(self) -> str:
        """In plain words."""
        estimate = self.difference
        figures = f"{self.metric} {estimate.value:+.4f} (95 % from {estimate.low:+.4f} to {estimate.high:+.4f})"
        if self.better is None:
            return f"no difference can be told between {self.model} and {self.baseline}: {figures}"
        if self.better == self.model:
            return f"{self.model} is better than {self.baseline}: {figures}"
        return f"{self.model} is worse than {self.baseline}: {figures}"


def differences(models: Mapping[str, ClassScores], metric: str, seed: int = 0) -> list[Difference]:
    """Each model after the first against the first, on the same queries.

    Of several differences, all intervals together hold with 95 % confidence (Bonferroni), so that the best of many does
    not look better than it is. Raises ValueError where the models were asked different queries.
    """
    (first, baseline), *others = models.items()
    share = 1 - (1 - SHARE) / max(1, len(others))
    return [
        Difference(
            name,
            first,
            metric,
            Estimate(scores.mean - baseline.mean, *paired_interval(scores, baseline, seed, share)),
        )
        for name, scores in others
    ]
