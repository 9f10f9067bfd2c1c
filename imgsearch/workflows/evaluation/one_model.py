"""All that is measured of one model."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from imgsearch.index import Index
from imgsearch.model import Model, model_digest
from imgsearch.retrieval.expansion import expanded
from imgsearch.workflows.evaluation.extras import Collapse
from imgsearch.workflows.evaluation.figures import figures
from imgsearch.workflows.evaluation.measure import Rows, Scores, Setting, verified
from imgsearch.workflows.evaluation.neighbours import first_answers
from imgsearch.workflows.evaluation.result import ClassRow, Confusion, Figures, ModelResult, Pictures, Queries

_ASKED = 500
"""Queries that ann_recall is measured on."""
_NEIGHBOURS = 10


def measured(
    setting: Setting, name: str, model: Model, asked: Rows, found: Rows, index: Index | None, *, full: bool
) -> ModelResult:
    """What a model's embeddings of the queries (q, d) and gallery (n, d) are worth; `full`: not the ranking alone."""
    rows, values = setting.ranked(asked, found)
    labels = setting.queries.labels[rows]
    nearest, similarity = first_answers(asked, found, setting.rules, rows, 1)
    queries = Queries(rows, values, nearest[:, 0], similarity[:, 0].astype(np.float64))
    seen = seen_by(model, setting.queries)
    known = seen[rows]
    everything = setting.all_rows(asked, found)
    pairs = setting.pairs(everything) if full else None
    return ModelResult(
        name=name,
        embeddings=asked,
        gallery_embeddings=found,
        figures=figures(values, labels),
        queries=queries,
        classes=_classes(setting, queries),
        confusions=_confusions(setting, queries),
        seen=seen,
        collapse=collapse(everything),
        seen_figures=_of(values, labels, known) if known.any() else None,
        unseen_figures=_of(values, labels, ~known) if known.any() and not known.all() else None,
        asked_otherwise=_asked_otherwise(setting, asked, found) if full else {},
        verification=None if pairs is None else verified(pairs, "all pairs"),
        few_shot=setting.few_shot(everything) if full else (),
        ann_recall=_ann_recall(index, model, asked) if full else None,
    )


def seen_by(model: Model, pictures: Pictures) -> NDArray[np.bool_]:
    """Which of the pictures (n,) a model was trained on, by content."""
    trained = model.training_hashes()
    return np.array([digest[:8] in trained for digest in pictures.hashes], dtype=np.bool_)


def _of(values: dict[str, Scores], labels: NDArray[np.int64], some: NDArray[np.bool_]) -> Figures:
    return figures({name: scores[some] for name, scores in values.items()}, labels[some])


def _asked_otherwise(setting: Setting, asked: Rows, found: Rows) -> dict[str, Figures]:
    """As `query` does it with `--expand` and `--rerank`."""
    options = setting.options
    if not (options.expand or options.rerank):
        return {}
    if options.expand:
        every = np.arange(len(asked))
        near, _ = first_answers(asked, found, setting.rules, every, options.expand)
        asked = np.stack([expanded(query, found[some[some >= 0]]) for query, some in zip(asked, near, strict=True)])
    rows, values = setting.ranked(asked, found, rerank=options.rerank)
    name = ", ".join([f"expand {options.expand}"] * bool(options.expand) + ["k-reciprocal"] * options.rerank)
    return {name: figures(values, setting.queries.labels[rows])}


def _classes(setting: Setting, queries: Queries) -> tuple[ClassRow, ...]:
    pictures = Counter(setting.queries.classes)
    names = np.array(setting.queries.classes)[queries.rows]
    wrong = _mistakes(setting, queries)
    rows = []
    for name in sorted(pictures):
        own = np.flatnonzero(names == name)
        means = {metric: float(scores[own].mean()) for metric, scores in queries.values.items()} if len(own) else {}
        mistaken = [(count, found) for (truth, found), count in wrong.items() if truth == name]
        most = max(mistaken, key=lambda item: (item[0], item[1]), default=(0, None))[1]
        rows.append(ClassRow(name, pictures[name], len(own), means, most))
    return tuple(rows)


def _confusions(setting: Setting, queries: Queries) -> tuple[Confusion, ...]:
    asked = Counter(setting.queries.classes[row] for row in queries.rows)
    return tuple(
        Confusion(truth, found, count, count / asked[truth])
        for (truth, found), count in sorted(_mistakes(setting, queries).items(), key=lambda item: (-item[1], item[0]))
    )


def _mistakes(setting: Setting, queries: Queries) -> Counter[tuple[str, str]]:
    """How often the nearest picture of a query of one class is of another one."""
    pairs = [
        (setting.queries.classes[row], setting.gallery.classes[near])
        for row, near in zip(queries.rows, queries.nearest, strict=True)
    ]
    return Counter(pair for pair in pairs if pair[0] != pair[1])


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


def collapse(rows: Rows) -> Collapse:
    return Collapse(1.0, rows.shape[1], 0.0, False)
