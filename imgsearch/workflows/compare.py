"""`train` without further options: try every way of teaching on classes left out, and take what helps them, if any.

Published comparisons show how often training makes retrieval worse without anyone noticing; this one measures first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.recipe import parse_recipe, written
from imgsearch.metric.selection import (
    Folds,
    Trial,
    added,
    choosing,
    class_folds,
    gains_by_class,
    score,
    sure_gains,
    try_recipes,
)
from imgsearch.progress import progress
from imgsearch.retrieval.bootstrap import ClassScores, interval, paired_interval
from imgsearch.retrieval.labelled import checked
from imgsearch.workflows.candidates import FOLDS, ITERATIVE, MOST_FOR_ITERATIVE, RECIPES, ROUNDS, most_of_each

AS_IT_IS = "as it is"


@dataclass(frozen=True)
class Row:
    """One line of the table: how well classes that were left out were found."""

    name: str
    recall_at_1: float
    map_at_r: float
    interval: tuple[float, float]
    """95 % interval of map_at_r, by a bootstrap over classes."""
    gain: float
    """In map_at_r over the model as it is, on the same pictures."""
    gain_interval: tuple[float, float]
    seconds: float
    """For all folds together."""
    chosen: bool = False


@dataclass(frozen=True)
class Comparison:
    """The table, and what came of it."""

    rows: tuple[Row, ...]
    chosen: str | None
    """Name of the row that was chosen; None: the model as it is."""
    sentence: str
    folds: int = 0
    pictures: int = 0
    notes: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


DeepTrial = Callable[[Folds], Trial]
"""Trains a network without each fold's classes and finds the fold's pictures with it."""


def compare(
    embeddings: NDArray[np.float32],
    labels: NDArray[np.int64],
    *,
    current: LinearMetric | None = None,
    deep: dict[str, DeepTrial] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Try the model as it is, the linear metrics and the `deep` ways on embeddings (n, d) with labels (n,).

    `current` is the model's own linear metric; the recipes take its place. What surely gains most (see `sure_gains`) is
    chosen, where its paired interval lies above zero, and that of the choice as a whole, too (see `choosing`); else the
    model stays as it is.

    Raises UserError where an embedding is not finite or no class has two pictures.
    """
    checked(embeddings, labels)
    notes: list[str] = []
    if (embeddings == embeddings[0]).all():
        return Comparison((), None, "nothing was compared: all pictures look alike to the model; it is kept as it is")
    try:
        folds = class_folds(labels, FOLDS)
    except UserError as error:
        return Comparison((), None, f"nothing was compared: {error}; the model is kept as it is")
    rounds = [folds, *(class_folds(labels, FOLDS, seed) for seed in range(1, ROUNDS))]
    every = [fold for some in rounds for fold in some]
    began = time.perf_counter()
    baseline = [_scored(embeddings, labels, fold, current) for fold in every]
    untouched = Trial(added(baseline), time.perf_counter() - began)
    first_round = Trial(added(baseline[: len(folds)]), 0.0)

    trials: dict[str, tuple[Trial, Trial]] = {}
    quick = try_recipes([parse_recipe(text) for text in RECIPES], embeddings, labels, every, notes.append, _watched)
    trials |= {written(recipe): (trial, untouched) for recipe, trial in quick.items()}
    few = most_of_each(labels, MOST_FOR_ITERATIVE)
    iterative = [parse_recipe(text) for text in ITERATIVE]
    slow = try_recipes(iterative, embeddings, labels, folds, notes.append, _watched, few)
    trials |= {written(recipe): (trial, first_round) for recipe, trial in slow.items()}
    for name, trial in (deep or {}).items():
        trials[name] = (trial(folds), first_round)

    rows = [_row(AS_IT_IS, untouched, untouched), *(_row(name, *both) for name, both in trials.items())]
    gains = np.array([gains_by_class(*both) for both in trials.values()]).reshape(len(trials), -1)
    choice = choosing(gains, labels, folds)
    certain = paired_interval(choice, ClassScores(0 * choice.sums, choice.queries))
    ranks = dict(zip(trials, sure_gains(gains, choice.queries).tolist(), strict=True))
    better = [row for row in rows if row.gain_interval[0] > 0] if certain[0] > 0 else []
    chosen = max(better, key=lambda row: ranks[row.name]).name if better else None
    rows = [replace(row, chosen=row.name == (chosen or AS_IT_IS)) for row in rows]
    for note in notes:
        tell(note)
    gained = f"map_at_r {choice.mean:+.4f} (95 % from {certain[0]:+.4f} to {certain[1]:+.4f})"
    if chosen is None:
        sentence = (
            f"kept the model as it is: on classes with no say in it, choosing gained {gained}; that may be chance"
        )
    else:
        sentence = f"chose {chosen}: on classes with no say in it, choosing gained {gained}"
    return Comparison(tuple(rows), chosen, sentence, len(every), len(labels), tuple(notes))


def _watched(folds: Folds) -> Iterable[NDArray[np.bool_]]:
    watched: Iterable[NDArray[np.bool_]] = progress(folds, total=len(folds), description="comparing", unit="folds")
    return watched


def _scored(
    embeddings: NDArray[np.float32], labels: NDArray[np.int64], fold: NDArray[np.bool_], metric: LinearMetric | None
) -> dict[str, ClassScores]:
    return score(embeddings[fold], labels[fold], int(labels.max()) + 1, metric)


def _row(name: str, trial: Trial, baseline: Trial) -> Row:
    ours, theirs = trial.scores["map_at_r"], baseline.scores["map_at_r"]
    return Row(
        name,
        trial.scores["recall_at_1"].mean,
        ours.mean,
        interval(ours),
        ours.mean - theirs.mean,
        paired_interval(ours, theirs),
        trial.seconds,
    )
