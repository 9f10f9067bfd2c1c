"""Which linear metric helps with classes that it was not fitted on: class-disjoint cross-validation of recipes.

Measured on ten random halves of caltech50's classes (`tests/benchmarks/train_default.py`): strength matters more than
the method; textbook strength mostly hurts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.recipe import Fits, Recipe, written
from imgsearch.retrieval import evaluate_queries
from imgsearch.retrieval.bootstrap import ClassScores
from imgsearch.retrieval.labelled import checked

METRICS = ("recall_at_1", "map_at_r")

Folds = list[NDArray[np.bool_]]
"""For each fold which pictures (n,) are held out."""


@dataclass(frozen=True)
class Trial:
    """What a way of comparing pictures scored on classes that it had not seen."""

    scores: dict[str, ClassScores]
    """By metric."""
    seconds: float
    """To fit it, all folds together."""


def class_folds(labels: NDArray[np.integer], count: int = 3, seed: int = 0) -> Folds:
    """Up to `count` folds that share no class, each with two classes of two pictures or more to find.

    Raises:
        UserError: there are fewer than four such classes.
    """
    names, classes, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    findable = order[sizes[order] > 1]
    count = min(count, len(findable) // 2)
    if count < 2:
        raise UserError(
            f"{len(findable)} classes of two pictures or more are too few to try a metric on unseen ones; it takes four"
        )
    fold_of = np.empty(len(names), dtype=np.intp)
    fold_of[findable] = np.arange(len(findable)) % count
    lone = order[sizes[order] == 1]
    fold_of[lone] = np.arange(len(lone)) % count
    return [fold_of[classes] == fold for fold in range(count)]


def try_recipes(
    recipes: Sequence[Recipe],
    embeddings: NDArray[np.floating],
    labels: NDArray[np.integer],
    folds: Folds,
    tell: Callable[[str], None] = lambda _: None,
    watch: Callable[[Folds], Iterable[NDArray[np.bool_]]] = iter,
    fitted: NDArray[np.bool_] | None = None,
) -> dict[Recipe, Trial]:
    """Fit each recipe without a fold's classes and find the fold's pictures with it, fold by fold.

    The empty recipe leaves the embeddings (n, d) as they are. A recipe that cannot be fitted on some fold is left out,
    and `tell` is told why, once for each reason. `watch` passes the folds on and may show how far it is.
    Only pictures that are `fitted` (n,) are taught with, where not all are; all of a fold are looked for.
    """
    classes = checked(embeddings, labels)
    found: dict[Recipe, list[dict[str, ClassScores]]] = {recipe: [] for recipe in recipes}
    seconds = dict.fromkeys(recipes, 0.0)
    said: set[str] = set()
    for held_out in watch(folds):
        taught = ~held_out if fitted is None else fitted & ~held_out
        fits = Fits(embeddings[taught], classes[taught])
        for recipe in list(found):
            try:
                metric = fits.metric(recipe) if recipe else None
            except UserError as error:
                del found[recipe]
                if str(error) not in said:
                    tell(f"{recipe[0].name if len(recipe) == 1 else written(recipe)} left out: {error}")
                said.add(str(error))
                continue
            seconds[recipe] += fits.seconds(recipe)
            found[recipe].append(score(embeddings[held_out], classes[held_out], classes.max() + 1, metric))
    return {recipe: Trial(added(scores), seconds[recipe]) for recipe, scores in found.items()}


def score(
    embeddings: NDArray[np.floating], classes: NDArray[np.intp], count: int, metric: LinearMetric | None = None
) -> dict[str, ClassScores]:
    """How well pictures of `count` classes, most of them absent, find each other through a metric."""
    mapped = embeddings if metric is None else metric.transform(embeddings)
    queries, values = evaluate_queries(mapped, classes, ks=(1,))
    return {name: ClassScores.of(values[name], classes[queries], count) for name in METRICS}


def added(parts: Sequence[Mapping[str, ClassScores]]) -> dict[str, ClassScores]:
    """The scores of several folds as of one set of queries."""
    return {
        name: ClassScores(
            np.sum([part[name].sums for part in parts], axis=0), np.sum([part[name].queries for part in parts], axis=0)
        )
        for name in METRICS
    }


def gains_by_class(trial: Trial, baseline: Trial, metric: str = "map_at_r") -> NDArray[np.float64]:
    """How much better each class (C,) is found than by the baseline, on average over its queries; 0 without any."""
    ours, theirs = trial.scores[metric], baseline.scores[metric]
    gains: NDArray[np.float64] = (ours.sums - theirs.sums) / np.maximum(ours.queries, 1)
    return gains


def sure_gains(gains: NDArray[np.float64], queries: NDArray[np.int64]) -> NDArray[np.float64]:
    """By which ways are ranked (K,): the mean gain over all queries less its standard error over the classes.

    Takes gains (K, C) and queries (C,). Ways that were tried on fewer folds or pictures look good by chance more often.
    """
    means = gains @ queries / max(1, queries.sum())
    deviations = (gains - means[:, np.newaxis]) * queries
    errors = np.sqrt((deviations**2).sum(axis=1)) / max(1, queries.sum())
    surely: NDArray[np.float64] = means - errors
    return surely


def choosing(gains: NDArray[np.float64], labels: NDArray[np.integer], folds: Folds) -> ClassScores:
    """What choosing the best of several ways comes to, in gain, on classes that had no say in the choice.

    The best of many looks better than it is, even among ways that do nothing. So for the classes of each fold the way
    is chosen by the other classes alone, leaving things as they are being one of the ways.

    Takes gains of ways and classes (K, C), see `gains_by_class`, and the labels (n,), 0 to C − 1, that are folded; the
    folds need not be those of the trials, since a class's own gains have no say wherever they come from.
    """
    sizes = np.bincount(labels, minlength=gains.shape[1])
    queries = np.where(sizes > 1, sizes, 0)
    kept = np.zeros(len(queries))
    for fold in folds:
        inside = np.isin(np.arange(len(queries)), labels[fold])
        said = sure_gains(gains[:, ~inside], queries[~inside])
        if len(said) and said.max() > 0:
            kept[inside] = gains[said.argmax(), inside]
    return ClassScores(kept * queries, queries)
