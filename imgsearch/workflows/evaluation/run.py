"""`eval`: how well models find pictures of the same class, beside chance, the trivial baselines and one another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from imgsearch.errors import PictureError
from imgsearch.model import Model, load_model, model_digest
from imgsearch.retrieval import Relevance
from imgsearch.retrieval.labelled import require_a_pair
from imgsearch.workflows.evaluation.cache import Cache
from imgsearch.workflows.evaluation.doubts import doubts
from imgsearch.workflows.evaluation.embed import Embedded, embed
from imgsearch.workflows.evaluation.figures import compare, exact_figures, figures
from imgsearch.workflows.evaluation.left_out import with_copies_left_out
from imgsearch.workflows.evaluation.measure import Setting, beside, beside_chance
from imgsearch.workflows.evaluation.near import near_duplicates
from imgsearch.workflows.evaluation.one_model import measured
from imgsearch.workflows.evaluation.options import DEFAULTS, Options
from imgsearch.workflows.evaluation.possible import require_possible
from imgsearch.workflows.evaluation.result import Compared, Evaluation, ModelResult, Pictures
from imgsearch.workflows.evaluation.task import JUNK, Side, Task

BASE = "base"


@dataclass(frozen=True, eq=False)
class Sides:
    """The readable pictures of a task, embedded."""

    queries: Pictures
    gallery: Pictures
    asked: Embedded
    found: Embedded
    """The same object as `asked` where pictures query one another."""


def evaluate(
    task: Task,
    models: Sequence[tuple[str, Model]],
    cache: Cache,
    options: Options = DEFAULTS,
) -> Evaluation:
    """Ask what the task asks of each of the models, which are given with their names.

    The embedded model is measured beside them, if it is none of them.

    Raises:
        UserError: no query has anything to find, or too few classes have pictures enough for what is asked.
    """
    began = time.monotonic()
    require_possible(task, options)
    every = with_base(models)
    sides = _embedded(task, [model for _, model in every], cache)
    setting = Setting(task.protocol, sides.queries, sides.gallery, _rules(task, sides), options)
    if setting.alone:
        require_a_pair(setting.queries.labels.astype(np.intp))
    setting.rules.require_a_match()
    rows, values = setting.chance()
    classes = setting.queries.labels
    results = [
        measured(setting, name, model, asked, found, sides.found.index, full=number < len(models))
        for number, ((name, model), asked, found) in enumerate(
            zip(every, sides.asked.embeddings, sides.found.embeddings, strict=True)
        )
    ]
    baselines, extra = {}, {"chance": beside_chance(setting)}
    for name, features in sides.asked.features.items():
        answers = setting.ranked(features, sides.found.features[name])
        baselines[name] = figures(answers.metrics, classes[answers.queries])
        extra[name] = beside(setting, features, sides.found.features[name])
    pixels = sides.asked.features["pixels"]
    evaluation = Evaluation(
        protocol=task.protocol,
        folder=task.queries.folder,
        gallery_folder=None if task.gallery is None else task.gallery.folder,
        queries=setting.queries,
        gallery=setting.gallery,
        rules=setting.rules,
        without_match=len(classes) - len(rows),
        skipped=_skipped(task, sides),
        chance=exact_figures(values, classes[rows]),
        baselines=baselines,
        beside=extra,
        models=tuple(results),
        asked=len(models),
        compared=_compared(setting, results, len(models)),
        near_duplicates=with_copies_left_out(
            near_duplicates(setting.queries, setting.gallery, pixels, sides.found.features["pixels"]),
            task.left_out,
            setting.queries,
            pixels,
            cache,
        ),
        known_names=_known_names(setting, models[0][1], results[0]),
        encoded=sides.asked.encoded + (0 if setting.alone else sides.found.encoded),
        seconds=time.monotonic() - began,
    )
    return replace(evaluation, warnings=tuple(doubts(evaluation)))


def with_base(models: Sequence[tuple[str, Model]]) -> list[tuple[str, Model]]:
    """The models and, if it is none of them, the embedded one."""
    base = load_model(BASE)
    known = {model_digest(model) for _, model in models}
    return [*models, *([] if model_digest(base) in known else [(BASE, base)])]


def _embedded(task: Task, models: Sequence[Model], cache: Cache) -> Sides:
    """Both sides with their classes numbered alike."""
    asked = _embed(task.queries, models, cache)
    found = asked if task.gallery is None else _embed(task.gallery, models, cache)
    sides = [(task.queries, asked), *([] if task.gallery is None else [(task.gallery, found)])]
    classes = [[side.data.classes[row] for row in embedded.rows] for side, embedded in sides]
    labels = np.unique(np.concatenate(classes), return_inverse=True)[1].astype(np.int64)
    split = np.split(labels, [len(classes[0])])
    pictures = [
        Pictures(tuple(side.data.paths[row] for row in embedded.rows), tuple(names), numbers, embedded.hashes)
        for (side, embedded), names, numbers in zip(sides, classes, split, strict=False)
    ]
    return Sides(pictures[0], pictures[-1], asked, found)


def _embed(side: Side, models: Sequence[Model], cache: Cache) -> Embedded:
    return embed(cache, side.folder, side.data.paths, models, whole=side.whole)


def _rules(task: Task, sides: Sides) -> Relevance:
    alone = task.gallery is None
    if alone and task.too_easy is None:
        return Relevance.leave_one_out(sides.queries.labels)
    cameras, junk = None, None
    if task.too_easy is not None:
        both = [(task.queries, sides.asked), (task.gallery or task.queries, sides.found)]
        columns = [np.array(side.data.columns[task.too_easy])[embedded.rows] for side, embedded in both]
        cameras = (columns[0].astype(np.int64), columns[1].astype(np.int64))
        is_junk = np.array(sides.gallery.classes) == JUNK
        junk = int(sides.gallery.labels[is_junk][0]) if is_junk.any() else None
    return Relevance.between(
        sides.queries.labels,
        sides.gallery.labels,
        same=np.arange(len(sides.queries.labels)) if alone else None,
        cameras=cameras,
        junk=junk,
    )


def _skipped(task: Task, sides: Sides) -> tuple[PictureError, ...]:
    of_gallery = () if sides.found is sides.asked else sides.found.skipped
    return (*sides.asked.skipped, *of_gallery, *task.unlisted)


def _compared(setting: Setting, results: Sequence[ModelResult], asked: int) -> tuple[Compared, ...]:
    """Each model that was asked for, after the first, with the first; the first with the embedded one beside them."""
    metric = "map" if "map_at_r" not in results[0].figures else "map_at_r"
    classes = setting.queries.labels[results[0].queries.rows]
    scores = [(result.name, result.queries.values[metric]) for result in results]
    first, others, base = scores[0], scores[1:asked], scores[asked:]
    found = compare(metric, first, others, classes) if others else []
    for one in base:
        found += compare(metric, one, [first], classes)
    return tuple(found)


def _known_names(setting: Setting, model: Model, result: ModelResult) -> tuple[str, ...]:
    """Classes that are called as training classes are, though none of their pictures was trained on."""
    seen = {setting.queries.classes[row] for row in np.flatnonzero(result.seen)}
    return tuple(sorted(set(setting.queries.classes) & model.training_classes() - seen))
