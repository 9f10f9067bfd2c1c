"""An evaluation as a table: a row a metric, and beside each model what it is to be held against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from imgsearch.workflows.evaluation.result import Evaluation, Figures, Interval, ModelResult


@dataclass
class Column:
    """One way of ranking, by metric."""

    name: str
    values: dict[str, float]
    intervals: dict[str, Interval] = field(default_factory=dict)
    """95 %, for those that have one."""
    macro: dict[str, float] = field(default_factory=dict)
    """The mean in which every class counts the same; only of models."""


def columns(evaluation: Evaluation) -> list[Column]:
    """The models first, then the same asked otherwise, the trivial baselines, and chance at the end."""
    found = []
    for number, result in enumerate(evaluation.models):
        name = "model" if number == 0 and evaluation.asked == 1 else result.name
        found += list(_of_model(result, name))
    for name, figures in evaluation.baselines.items():
        found.append(Column(name, _micro(figures) | evaluation.beside[name]))
    found.append(Column("chance", _micro(evaluation.chance) | evaluation.beside["chance"]))
    clustering = evaluation.model.clustering
    if clustering is not None:
        found[-1].values |= {"nmi": clustering.chance_nmi, "ami": 0.0}
    found[0].values["near_duplicates"] = evaluation.near_duplicates.pictures
    return found


def _of_model(result: ModelResult, name: str) -> Iterator[Column]:
    values, intervals = _micro(result.figures), _intervals(result.figures)
    if result.verification is not None:
        values |= result.verification.figures
        intervals |= result.verification.intervals
    for episodes in result.few_shot:
        values[episodes.name] = episodes.accuracy
        intervals[episodes.name] = episodes.interval
    if result.clustering is not None:
        values |= {"nmi": result.clustering.nmi, "ami": result.clustering.ami}
    if result.ann_recall is not None:
        values["ann_recall"] = result.ann_recall
    values["effective_rank"] = result.collapse.effective_rank
    values["mean_similarity"] = result.collapse.mean_similarity
    macro = {metric: figure.macro for metric, figure in result.figures.items()}
    yield Column(name, values, intervals, macro)
    parts = {"seen": result.seen_figures, "unseen": result.unseen_figures}
    for part, figures in {**parts, **result.asked_otherwise}.items():
        if figures is not None and not (part == "seen" and result.unseen_figures is None):
            yield Column(part if name == "model" else f"{name}, {part}", _micro(figures), _intervals(figures))


def _micro(figures: Figures) -> dict[str, float]:
    return {metric: figure.micro for metric, figure in figures.items()}


def _intervals(figures: Figures) -> dict[str, Interval]:
    return {metric: figure.micro_interval for metric, figure in figures.items() if figure.micro_interval is not None}
