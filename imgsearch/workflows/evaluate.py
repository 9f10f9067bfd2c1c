"""`eval`: how well a model finds pictures of the same class, beside chance and the trivial baselines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgsearch.errors import PictureError
from imgsearch.images.baselines import hsv_histogram, pixels
from imgsearch.model import Model
from imgsearch.retrieval import chance, evaluate
from imgsearch.retrieval.expansion import all_expanded
from imgsearch.workflows.embedding import embed_files
from imgsearch.workflows.labelled import Labelled

BASELINES = {"pixels": pixels, "hsv_histogram": hsv_histogram}


@dataclass(frozen=True)
class Evaluation:
    """Leave-one-out retrieval figures of one model on labelled pictures, all between 0 and 1."""

    classes: int
    images: int
    queries: int
    """Pictures whose class has another member; the others are only found, never asked."""
    seen: int
    """Pictures that the model was trained on, by content."""
    metrics: dict[str, float]
    asked_otherwise: dict[str, dict[str, float]]
    """The same with query expansion or re-ranking, by what was asked for."""
    chance: dict[str, float]
    baselines: dict[str, dict[str, float]]
    skipped: tuple[PictureError, ...]


def evaluate_model(model: Model, data: Labelled, *, expand: int = 0, rerank: bool = False) -> Evaluation:
    """Query `data` with each of its pictures in turn; once more with `expand` and `rerank`, as `query` does it.

    Raises:
        UserError: no class has two readable pictures.
    """
    embedded = embed_files(model, data.paths, features=BASELINES)
    names, labels = np.unique([data.classes[row] for row in embedded.rows], return_inverse=True)
    embeddings = model.project(embedded.embeddings)
    scores = evaluate(embeddings, labels)
    otherwise = {}
    if expand or rerank:
        asked = all_expanded(embeddings, expand) if expand else None
        name = ", ".join([f"expand {expand}"] * bool(expand) + ["k-reciprocal"] * rerank)
        otherwise[name] = evaluate(embeddings, labels, asked=asked, rerank=rerank).metrics
    return Evaluation(
        classes=len(names),
        images=len(labels),
        queries=scores.queries,
        seen=_seen(model, embedded.hashes),
        metrics=scores.metrics,
        asked_otherwise=otherwise,
        chance=chance(labels),
        baselines={name: evaluate(embedded.features[name], labels).metrics for name in BASELINES},
        skipped=embedded.skipped,
    )


def _seen(model: Model, hashes: tuple[bytes, ...]) -> int:
    trained = model.training_hashes()
    return sum(digest[:8] in trained for digest in hashes)
