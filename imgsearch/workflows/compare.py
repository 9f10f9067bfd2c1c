"""`train` without further options: try every way of teaching on classes left out, and take what helps them, if any.

Published comparisons show how often training makes retrieval worse without anyone noticing; this one measures first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
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
    together,
    try_recipes,
)
from imgsearch.progress import progress
from imgsearch.retrieval.bootstrap import ClassScores, interval, paired_interval
from imgsearch.retrieval.labelled import checked
from imgsearch.workflows.candidates import FOLDS, ITERATIVE, MOST_FOR_ITERATIVE, RECIPES, ROUNDS, most_of_each

GROUPS = 5
"""Of classes, for each of which the others choose, see `choosing`."""
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

    `current` is the model's own linear metric; the recipes take its place. Of the recipes the one that surely gains
    most (see `sure_gains`) is chosen, if its paired interval lies above zero, and what choosing gains on classes that
    had no say in it (see `choosing`) does, too. A metric that is found step by step takes its place where it is better
    beyond their paired interval, and so does deep training in the end; else the model stays as it is.

    Raises UserError where an embedding is not finite or no class has two pictures.
    """
    checked(embeddings, labels)
    if (embeddings == embeddings[0]).all():
        return Comparison((), None, "nothing was compared: all pictures look alike to the model; it is kept as it is")
    try:
        folds = class_folds(labels, FOLDS)
    except UserError as error:
        return Comparison((), None, f"nothing was compared: {error}; the model is kept as it is")
    later = [fold for seed in range(1, ROUNDS) for fold in class_folds(labels, FOLDS, seed)]
    notes: list[str] = []
    first = {AS_IT_IS: _untouched(embeddings, labels, folds, current)}
    whole = {AS_IT_IS: together([first[AS_IT_IS], _untouched(embeddings, labels, later, current)])}

    recipes = [parse_recipe(text) for text in RECIPES]
    begun = try_recipes(recipes, embeddings, labels, folds, notes.append, _watched)
    ended = try_recipes(list(begun), embeddings, labels, later, notes.append, _watched)
    first |= {written(recipe): begun[recipe] for recipe in ended}
    whole |= {written(recipe): together([begun[recipe], trial]) for recipe, trial in ended.items()}
    few = most_of_each(labels, MOST_FOR_ITERATIVE)
    iterative = [parse_recipe(text) for text in ITERATIVE]
    slow = try_recipes(iterative, embeddings, labels, folds, notes.append, _watched, few)
    stepwise = {written(recipe): trial for recipe, trial in slow.items()}
    deeply = {name: trial(folds) for name, trial in (deep or {}).items()}

    rows = [_row(name, trial, whole[AS_IT_IS]) for name, trial in whole.items()]
    rows += [_row(name, trial, first[AS_IT_IS]) for name, trial in (stepwise | deeply).items()]
    chosen, sentence = _choice(rows[: len(whole)], whole, labels)
    chosen, sentence = _challenged(chosen, sentence, first, stepwise)
    chosen, sentence = _challenged(chosen, sentence, first | stepwise, deeply)
    rows = [replace(row, chosen=row.name == chosen) for row in rows]
    for note in notes:
        tell(note)
    kept = None if chosen == AS_IT_IS else chosen
    return Comparison(tuple(rows), kept, sentence, len(folds) + len(later), len(labels), tuple(notes))


def _choice(rows: list[Row], trials: Mapping[str, Trial], labels: NDArray[np.int64]) -> tuple[str, str]:
    """Which of the trials is chosen, AS_IT_IS being the first of them and of their rows; and why."""
    baseline, *others = rows
    gains = np.array([gains_by_class(trials[row.name], trials[baseline.name]) for row in others])
    choice = choosing(gains, labels, class_folds(labels, GROUPS))
    ranks = dict(zip([row.name for row in others], sure_gains(gains, choice.queries).tolist(), strict=True))
    better = [row for row in others if row.gain_interval[0] > 0]
    if not better:
        best = max(others, key=lambda row: row.gain)
        return AS_IT_IS, (
            f"kept the model as it is: the best of the others, {best.name}, gained map_at_r "
            f"{_gained(best.gain, best.gain_interval)}; that may be chance"
        )
    row = max(better, key=lambda row: ranks[row.name])
    unheard = _gained(choice.mean, paired_interval(choice, ClassScores(0 * choice.sums, choice.queries)))
    if choice.mean <= 0:
        return AS_IT_IS, (
            f"kept the model as it is: {row.name} gained map_at_r {_gained(row.gain, row.gain_interval)}, but on "
            f"classes with no say in it, choosing gained {unheard}"
        )
    return row.name, f"chose {row.name}: on classes with no say in it, choosing gained map_at_r {unheard}"


def _challenged(
    chosen: str, sentence: str, trials: Mapping[str, Trial], challengers: Mapping[str, Trial]
) -> tuple[str, str]:
    """The best of the challengers that surely beat what was `chosen` of the `trials` of the same folds, if any does."""
    known = trials[chosen].scores["map_at_r"]
    surely = {name: trial.scores["map_at_r"] for name, trial in challengers.items()}
    surely = {name: scores for name, scores in surely.items() if paired_interval(scores, known)[0] > 0}
    if not surely:
        return chosen, sentence
    best = max(surely, key=lambda name: surely[name].mean)
    gained = _gained(surely[best].mean - known.mean, paired_interval(surely[best], known))
    over = "the model as it is" if chosen == AS_IT_IS else chosen
    return best, f"chose {best}: on classes left out, it gained map_at_r {gained} over {over}"


def _gained(gain: float, between: tuple[float, float]) -> str:
    return f"{gain:+.4f} (95 % from {between[0]:+.4f} to {between[1]:+.4f})"


def _watched(folds: Folds) -> Iterable[NDArray[np.bool_]]:
    watched: Iterable[NDArray[np.bool_]] = progress(folds, total=len(folds), description="comparing", unit="folds")
    return watched


def _untouched(
    embeddings: NDArray[np.float32], labels: NDArray[np.int64], folds: Folds, metric: LinearMetric | None
) -> Trial:
    began = time.perf_counter()
    parts = [score(embeddings[fold], labels[fold], int(labels.max()) + 1, metric) for fold in folds]
    return Trial(added(parts), time.perf_counter() - began)


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
