"""One measure of the suite: two things done in turns, and the median of the ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Setting:
    """What every measure is given."""

    folder: Path
    """An empty one for its files, removed afterwards."""
    runs: int
    """How often both sides are done."""
    scale: float = 1.0
    """Share of the full size, to try a measure quickly; the required figures hold at 1."""

    def scaled(self, count: int) -> int:
        """That share of a count, at least 1."""
        return max(1, round(count * self.scale))


@dataclass(frozen=True)
class Result:
    """A measured ratio, and what it should be."""

    measure: str
    against: str
    ratio: float
    required: float
    goal: float | None
    ours: float
    """Median, in `unit`."""
    theirs: float
    unit: str = "s"
    faster: bool = False
    """Whether the ratio is theirs to ours, and should be large."""
    remark: str = ""

    @property
    def reached(self) -> str:
        """What of it is reached: "goal", "required" or "missed"."""

        def within(bound: float) -> bool:
            return self.ratio >= bound if self.faster else self.ratio <= bound

        if self.goal is not None and within(self.goal):
            return "goal"
        return "required" if within(self.required) else "missed"


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def in_turns(ours: Callable[[], float], theirs: Callable[[], float], runs: int) -> tuple[list[float], list[float]]:
    """Measure both `runs` times, in turns and each first in every second turn, so that a busy spell meets both."""
    mine, others = [], []
    for turn in range(runs):
        if turn % 2:
            mine.append(ours())
            others.append(theirs())
        else:
            others.append(theirs())
            mine.append(ours())
    return mine, others


def compared(
    measure: str,
    against: str,
    ours: list[float],
    theirs: list[float],
    required: float,
    goal: float | None,
    *,
    faster: bool = False,
    remark: str = "",
) -> Result:
    """The result of turns: the median of their ratios, beside the median of each side."""
    ratios = [other / mine if faster else mine / other for mine, other in zip(ours, theirs, strict=True)]
    return Result(
        measure,
        against,
        statistics.median(ratios),
        required,
        goal,
        statistics.median(ours),
        statistics.median(theirs),
        faster=faster,
        remark=remark,
    )
