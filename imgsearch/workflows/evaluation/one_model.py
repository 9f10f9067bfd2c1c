"""All that is measured of one model."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from imgsearch.index import Index
from imgsearch.model import Model, model_digest
from imgsearch.retrieval import collapse as spread
from imgsearch.retrieval.expansion import expanded
from imgsearch.retrieval.nearest import NearestClasses
from imgsearch.workflows.evaluation.calibrate import calibrated
from imgsearch.workflows.evaluation.extras import Collapse
from imgsearch.workflows.evaluation.figures import Scores, figures
from imgsearch.workflows.evaluation.measure import Rows, Setting
from imgsearch.workflows.evaluation.neighbours import answers_of
from imgsearch.workflows.evaluation.result import ClassRow, Confusion, Figures, ModelResult, Pictures, Queries

_ASKED = 500
"""Queries that ann_recall is measured on."""
_NEIGHBOURS = 10


def measured(
    setting: Setting, name: str, model: Model, asked: Rows, found: Rows, index: Index | None, *, full: bool
) -> ModelResult:
    """What a model's embeddings of queries (q, d) and gallery (n, d) are worth; `full`: all that there is to say."""
    answers = setting.ranked(asked, found)
    rows, values = answers.queries, answers.metrics
    labels = setting.queries.labels[rows]
    seen = seen_by(model, setting.queries)
    known = seen[rows]
    everything = setting.all_rows(asked, found)
    wrong = _mistakes(setting, answers.nearest)
    return ModelResult(
        name=name,
        embeddings=asked,
        gallery_embeddings=found,
        figures=figures(values, labels),
        queries=Queries(rows, values, answers.first, answers.similarity),
        classes=_classes(setting, rows, values, wrong),
        confusions=_confusions(setting, rows, wrong),
        seen=seen,
        collapse=collapse(everything),
        seen_figures=_of(values, labels, known) if known.any() else None,
        unseen_figures=_of(values, labels, ~known) if known.any() and not known.all() else None,
        asked_otherwise=_asked_otherwise(setting, asked, found) if full else {},
        clustering=setting.clustering(everything) if full else None,
        verification=setting.verified(everything),
        few_shot=setting.few_shot(everything),
        ann_recall=_ann_recall(index, model, asked) if full else None,
        calibration=calibrated(setting, everything) if full else None,
    )


def seen_by(model: Model, pictures: Pictures) -> NDArray[np.bool_]:
    """Which of the pictures (n,) a model was trained on, by content."""
    trained = model.training_hashes()
    return np.array([digest[:8] in trained for digest in pictures.hashes], dtype=np.bool_)


def collapse(rows: Rows) -> Collapse:
    """Whether embeddings (n, d) still tell pictures apart; one alone tells nothing."""
    if len(rows) < 2:
        return Collapse(0.0, 0, 0.0, False, "a single picture")
    found = spread.collapse(rows)
    has_collapsed = found.verdict.startswith("collapsed")
    return Collapse(found.effective_rank, found.full_rank, found.mean_similarity, has_collapsed, found.verdict)


def _of(values: dict[str, Scores], labels: NDArray[np.int64], some: NDArray[np.bool_]) -> Figures:
    return figures({name: scores[some] for name, scores in values.items()}, labels[some])


def _asked_otherwise(setting: Setting, asked: Rows, found: Rows) -> dict[str, Figures]:
    """As `query` does it with `--expand` and `--rerank`."""
    options = setting.options
    if not (options.expand or options.rerank):
        return {}
    if options.expand:
        near, _ = answers_of(asked, found, setting.rules, np.arange(len(asked)), options.expand)
        asked = np.stack([expanded(query, found[some[some >= 0]]) for query, some in zip(asked, near, strict=True)])
    answers = setting.ranked(asked, found, rerank=options.rerank)
    name = ", ".join([f"expand {options.expand}"] * bool(options.expand) + ["k-reciprocal"] * options.rerank)
    return {name: figures(answers.metrics, setting.queries.labels[answers.queries])}


Mistakes = dict[tuple[str, str], float]
"""By class of the query and class of its nearest picture, another one: how many queries, ties by their expectation."""


def _mistakes(setting: Setting, nearest: NearestClasses) -> Mistakes:
    names = dict(zip(setting.rules.gallery.tolist(), setting.gallery.classes, strict=True))
    wrong: Counter[tuple[str, str]] = Counter()
    for query, label, share in zip(nearest.query.tolist(), nearest.found.tolist(), nearest.share.tolist(), strict=True):
        own = setting.queries.classes[query]
        if label >= 0 and names[label] != own:
            wrong[own, names[label]] += share
    return {pair: round(count, 6) for pair, count in wrong.items()}


def _classes(
    setting: Setting, rows: NDArray[np.intp], values: dict[str, Scores], wrong: Mistakes
) -> tuple[ClassRow, ...]:
    mistaken: dict[str, tuple[float, str]] = {}
    for (truth, found), count in sorted(wrong.items()):
        if count > mistaken.get(truth, (0.0, ""))[0]:
            mistaken[truth] = (count, found)
    labels, first, pictures = np.unique(setting.queries.labels, return_index=True, return_counts=True)
    own = setting.queries.labels[rows]
    order = np.argsort(own, kind="stable")
    begins, ends = (np.searchsorted(own[order], labels, side=side) for side in ("left", "right"))
    found_rows = []
    for number, place in enumerate(first):
        name, some = setting.queries.classes[place], order[begins[number] : ends[number]]
        means = {metric: float(scores[some].mean()) for metric, scores in values.items()} if len(some) else {}
        found_rows.append(ClassRow(name, int(pictures[number]), len(some), means, mistaken.get(name, (0.0, None))[1]))
    return tuple(found_rows)


def _confusions(setting: Setting, rows: NDArray[np.intp], wrong: Mistakes) -> tuple[Confusion, ...]:
    asked = Counter(setting.queries.classes[row] for row in rows)
    return tuple(
        Confusion(truth, found, int(count) if count == int(count) else count, count / asked[truth])
        for (truth, found), count in sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    )


def _ann_recall(index: Index | None, model: Model, asked: Rows) -> float | None:
    """Share of the true ten nearest of some queries that the graph finds, which is built where it is missing."""
    if index is None or index.model_digest != model_digest(model) or not len(index):
        return None
    some = asked[np.linspace(0, len(asked) - 1, min(_ASKED, len(asked))).astype(np.intp)]
    both = [index.search(some, _NEIGHBOURS, method=method) for method in ("ann", "exact")]
    hits = wanted = 0
    for found, true in zip(*both, strict=True):
        hits += len({match.path for match in found} & {match.path for match in true})
        wanted += len(true)
    return hits / wanted
