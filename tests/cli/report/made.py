"""Evaluations made by hand, without a model: embeddings are drawn, and all figures come from them by plain loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import PictureError
from imgsearch.retrieval import Relevance
from imgsearch.workflows.evaluation.extras import Calibration, Clustering, Collapse, Curve, FewShot, Verification
from imgsearch.workflows.evaluation.result import (
    ClassRow,
    Compared,
    Confusion,
    Evaluation,
    Figure,
    Figures,
    ModelResult,
    NearDuplicates,
    Pictures,
    Queries,
)

METRICS = ("recall_at_1", "map_at_r")


def pictures(paths: Sequence[Path], classes: Sequence[str] | None = None) -> Pictures:
    """Of these classes; by default they are named by their folders."""
    classes = tuple(classes or (path.parent.name for path in paths))
    names = sorted(set(classes))
    labels = np.array([names.index(one) for one in classes], dtype=np.int64)
    return Pictures(tuple(paths), classes, labels, tuple(bytes([n % 256]) * 16 for n in range(len(paths))))


def unit_rows(labels: NDArray[np.int64], spread: float, seed: int = 0) -> NDArray[np.float32]:
    """Embeddings (n, 16) around a centre for each class; the larger the spread, the more are mistaken."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(int(labels.max()) + 1, 16))
    rows = centres[labels] + spread * random.normal(size=(len(labels), 16))
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def model_result(name: str, sides: Pictures, embeddings: NDArray[np.float32]) -> ModelResult:
    """Leave-one-out, by loops."""
    similarity = embeddings.astype(np.float64) @ embeddings.T
    np.fill_diagonal(similarity, -2)
    rows, nearest, scores = [], [], []
    for row, label in enumerate(sides.labels):
        members = int((sides.labels == label).sum()) - 1
        if not members:
            continue
        order = np.argsort(-similarity[row], kind="stable")
        hits = sides.labels[order] == label
        precisions = [hits[: rank + 1].mean() * hits[rank] for rank in range(members)]
        rows.append(row)
        nearest.append(order[0])
        scores.append((float(hits[0]), float(np.mean(precisions))))
    queries = Queries(
        np.array(rows, dtype=np.intp),
        {metric: np.array([score[place] for score in scores]) for place, metric in enumerate(METRICS)},
        np.array(nearest, dtype=np.intp),
        similarity[rows, nearest],
    )
    classes, confusions = per_class(sides, queries)
    return ModelResult(
        name=name,
        embeddings=embeddings,
        gallery_embeddings=embeddings,
        figures=figures_of(queries),
        queries=queries,
        classes=classes,
        confusions=confusions,
        seen=np.zeros(len(sides.paths), dtype=bool),
        collapse=Collapse(7.5, 16, 0.1, False, "no sign of collapse"),
        verification=verified(sides, similarity),
    )


def figures_of(queries: Queries) -> Figures:
    """With intervals that are wide enough to be seen."""
    means = {metric: float(values.mean()) for metric, values in queries.values.items()}
    return {
        metric: Figure(mean, mean * 0.9, (max(0.0, mean - 0.05), min(1.0, mean + 0.04)), (0.0, 1.0))
        for metric, mean in means.items()
    }


def per_class(sides: Pictures, queries: Queries) -> tuple[tuple[ClassRow, ...], tuple[Confusion, ...]]:
    """Rows by name, and confusions, the most frequent first."""
    rows, confusions = [], []
    for label, name in sorted(set(zip(sides.labels.tolist(), sides.classes, strict=True))):
        asked = np.flatnonzero(sides.labels[queries.rows] == label)
        found = [sides.classes[row] for row in queries.nearest[asked]]
        wrong = sorted((-found.count(other), other) for other in set(found) - {name})
        confusions += [Confusion(name, other, -times, -times / len(asked)) for times, other in wrong]
        values = {metric: float(all_of[asked].mean()) for metric, all_of in queries.values.items() if len(asked)}
        mistaken = wrong[0][1] if wrong else None
        rows.append(ClassRow(name, int((sides.labels == label).sum()), len(asked), values, mistaken))
    return tuple(rows), tuple(sorted(confusions, key=lambda one: -one.queries))


def verified(sides: Pictures, similarity: NDArray[np.float64]) -> Verification:
    """Over all pairs, a point of the curves for each of 200 thresholds."""
    upper = np.triu_indices(len(sides.paths), 1)
    same = (sides.labels[:, None] == sides.labels)[upper]
    similar = similarity[upper]
    thresholds = np.quantile(similar, np.linspace(1, 0, 200))
    accepted = similar >= thresholds[:, None]
    true, false = (accepted & same).sum(axis=1), (accepted & ~same).sum(axis=1)
    tar, far = true / max(1, same.sum()), false / max(1, (~same).sum())
    area = float((np.diff(far, prepend=0) * (tar + np.append(0, tar[:-1])) / 2).sum())
    return Verification(
        pairs=len(same),
        same=int(same.sum()),
        source="all pairs",
        figures={"roc_auc": area, "pr_auc": area / 2, "eer": 1 - area, "tar_at_far_0.01": area / 2},
        intervals={"roc_auc": (max(0.0, area - 0.05), min(1.0, area + 0.05))},
        roc=Curve(far, tar),
        precision_recall=Curve(tar, true / np.maximum(1, true + false)),
    )


def evaluation(
    paths: Sequence[Path],
    *,
    classes: Sequence[str] | None = None,
    spread: float = 0.7,
    models: Sequence[str] = ("base",),
) -> Evaluation:
    """Of these files, by models of which each is a little worse than the one before."""
    sides = pictures(paths, classes)
    results = tuple(
        model_result(name, sides, unit_rows(sides.labels, spread + number / 4)) for number, name in enumerate(models)
    )
    trivial = model_result("pixels", sides, unit_rows(sides.labels, 3.0)).figures
    exact = {metric: Figure(0.11, 0.1) for metric in METRICS}
    compared = tuple(
        Compared(
            name,
            models[0],
            "map_at_r",
            -0.0123,
            (-0.03, 0.01),
            f"No difference between {name} and {models[0]} can be told.",
        )
        for name in models[1:]
    )
    return Evaluation(
        protocol="leave-one-out",
        folder=paths[0].parent.parent,
        gallery_folder=None,
        queries=sides,
        gallery=sides,
        without_match=len(paths) - len(results[0].queries.rows),
        skipped=(),
        chance=exact,
        baselines={"pixels": trivial, "hsv_histogram": trivial},
        beside={"chance": {"roc_auc": 0.5, "5_way_1_shot": 0.2}, "pixels": {"roc_auc": 0.61, "5_way_1_shot": 0.31}},
        rules=Relevance.leave_one_out(sides.labels),
        models=results,
        asked=len(models),
        compared=compared,
        near_duplicates=NearDuplicates(0, 0, 0),
    )


def with_everything(made: Evaluation) -> Evaluation:
    """The same with all that an evaluation can hold."""
    paths = made.queries.paths
    first = made.model
    some = np.arange(len(paths)) % 3 == 0
    first = replace(
        first,
        seen=some,
        seen_figures=first.figures,
        unseen_figures=first.figures,
        asked_otherwise={"expand 3": first.figures},
        clustering=Clustering(0.7, 0.6, 0, 0.2),
        few_shot=(
            FewShot(5, 1, 2000, 0.61, (0.55, 0.66), (0.605, 0.615), 0.2, 0),
            FewShot(5, 5, 2000, 0.78, (0.72, 0.82), (0.777, 0.783), 0.2, 1),
        ),
        ann_recall=0.97,
        calibration=Calibration("precision", 0.9, 0.71, 5, 4, 0.88, 0.4, 0.02, 0.6, 1234),
    )
    return replace(
        made,
        models=(first, *made.models[1:]),
        skipped=tuple(PictureError(str(paths[0].with_name(f"broken {n}.png")), "is no picture") for n in range(120)),
        near_duplicates=NearDuplicates(3, 1, 1, ((paths[0], paths[1]), (paths[0], paths[-1]))),
        known_names=("owl", "fish"),
        warnings=("only 9 classes: the intervals are rough",),
    )
