"""A linear metric made in one step or several: names with strengths, as in `rca^0.5,between^0.1`."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.registry import linear_metric
from imgsearch.metric.temper import temper


@dataclass(frozen=True)
class Step:
    """A linear metric by name, and how far to go from the identity (0) to what the textbook says (1)."""

    name: str
    strength: float = 1.0

    def __str__(self) -> str:
        return self.name if self.strength == 1 else f"{self.name}^{self.strength:g}"


Recipe = tuple[Step, ...]


def parse_recipe(text: str) -> Recipe:
    """The steps of `NAME[^STRENGTH][,NAME[^STRENGTH]]…`; UserError for an unknown name or a strength out of range."""
    steps = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\w+)(?:\^(\d*\.?\d+))?\s*", part)
        if match is None:
            raise UserError(f"--metric {text}: not understood; write a name as lda, or with a strength as rca^0.5")
        linear_metric(match[1])
        strength = float(match[2] or 1)
        if strength > 1:
            raise UserError(f"--metric {text}: strength {strength:g} is out of range; it goes from 0 to 1")
        steps.append(Step(match[1], strength))
    return tuple(steps)


def written(recipe: Recipe) -> str:
    """What `parse_recipe` reads."""
    return ",".join(str(step) for step in recipe)


def fit_recipe(
    recipe: Recipe, embeddings: NDArray[np.floating], labels: NDArray[np.integer], known: LinearMetric | None = None
) -> LinearMetric:
    """The metric of all steps, each fitted on the embeddings (n, d) with labels (n,) as the steps before it map them.

    A single step at full strength is that metric itself, L (m, d), where m may be less than d. `known` is the first
    step's own fit, where it is known already.

    Raises UserError where the pictures do not suffice for a step.
    """
    points = embeddings.astype(np.float64)
    whole: LinearMetric | None = None
    for step in recipe:
        fitted = known if known is not None and whole is None else linear_metric(step.name)(points, labels)
        tempered = fitted if step.strength == 1 else temper(fitted, points.mean(axis=0), step.strength)
        whole = tempered if whole is None else _after(tempered, whole)
        points = points @ tempered.matrix.T.astype(np.float64) + tempered.offset
    if whole is None:
        raise ValueError("a recipe of no steps")
    return whole


def _after(second: LinearMetric, first: LinearMetric) -> LinearMetric:
    """The metric that maps as `first` does, and then, without normalising in between, as `second` does."""
    matrix = second.matrix.astype(np.float64) @ first.matrix
    offset = second.matrix.astype(np.float64) @ first.offset + second.offset
    return LinearMetric(matrix.astype(np.float32), offset=offset.astype(np.float32))
