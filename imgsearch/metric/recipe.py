"""A linear metric made in one step or several: names with strengths, as in `rca^0.5,between^0.1`."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.registry import linear_metric
from imgsearch.metric.temper import Spectrum


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


def fit_recipe(recipe: Recipe, embeddings: NDArray[np.floating], labels: NDArray[np.integer]) -> LinearMetric:
    """The metric of all steps, each fitted on the embeddings (n, d) with labels (n,) as the steps before it map them.

    A single step at full strength is that metric itself, L (m, d), where m may be less than d.

    Raises UserError where the pictures do not suffice for a step.
    """
    return Fits(embeddings, labels).metric(recipe)


class Fits:
    """Recipes fitted as by `fit_recipe` on the same pictures: what several of them begin with is fitted once."""

    def __init__(self, embeddings: NDArray[np.floating], labels: NDArray[np.integer]) -> None:
        self._labels = labels
        start = _Stage(None, embeddings.astype(np.float64), 0.0)
        self._stages: dict[Recipe, _Stage] = {(): start}
        self._fitted: dict[tuple[Recipe, str], tuple[LinearMetric, float]] = {}
        self._spectra: dict[tuple[Recipe, str], Spectrum] = {}

    def metric(self, recipe: Recipe) -> LinearMetric:
        """See `fit_recipe`."""
        whole = self._stage(recipe).whole
        if whole is None:
            raise ValueError("a recipe of no steps")
        return whole

    def seconds(self, recipe: Recipe) -> float:
        """What its fit takes by itself; it must have been fitted."""
        return self._stages[recipe].seconds

    def _stage(self, recipe: Recipe) -> _Stage:
        if recipe in self._stages:
            return self._stages[recipe]
        before, step = self._stage(recipe[:-1]), recipe[-1]
        key = recipe[:-1], step.name
        if key not in self._fitted:
            began = time.perf_counter()
            learned = linear_metric(step.name)(before.points, self._labels)
            self._fitted[key] = learned, time.perf_counter() - began
        fitted, seconds = self._fitted[key]
        began = time.perf_counter()
        if step.strength < 1:
            if key not in self._spectra:
                self._spectra[key] = Spectrum(fitted)
            fitted = self._spectra[key].tempered(before.points.mean(axis=0), step.strength)
        whole = fitted if before.whole is None else _after(fitted, before.whole)
        points = before.points @ fitted.matrix.T.astype(np.float64) + fitted.offset
        stage = _Stage(whole, points, before.seconds + seconds + time.perf_counter() - began)
        self._stages[recipe] = stage
        return stage


@dataclass(frozen=True, eq=False)
class _Stage:
    """How far the steps of a recipe lead."""

    whole: LinearMetric | None
    points: NDArray[np.float64]
    """The embeddings as the steps map them."""
    seconds: float


def _after(second: LinearMetric, first: LinearMetric) -> LinearMetric:
    """The metric that maps as `first` does, and then, without normalising in between, as `second` does."""
    matrix = second.matrix.astype(np.float64) @ first.matrix
    offset = second.matrix.astype(np.float64) @ first.offset + second.offset
    return LinearMetric(matrix.astype(np.float32), offset=offset.astype(np.float32))
