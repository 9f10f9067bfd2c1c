"""The pictures that a query finds, by the rules of the protocol: to look at, not to be measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval import Relevance
from imgsearch.workflows.evaluation.result import Evaluation, ModelResult

_LEFT_OUT = np.iinfo(np.int32).min
_BLOCK = 1 << 22


def neighbours(
    evaluation: Evaluation, model: ModelResult, rows: NDArray[np.intp], count: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The first answers of some of `evaluation.queries` (m,), as rows of `evaluation.gallery`, best first.

    Both arrays are (m, count), or narrower where the gallery is; a place that has no answer is −1, of similarity −1.
    """
    return first_answers(model.embeddings, model.gallery_embeddings, evaluation.rules, rows, count)


def first_answers(
    queries: NDArray[np.float32],
    gallery: NDArray[np.float32],
    rules: Relevance,
    rows: NDArray[np.intp],
    count: int,
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The same from embeddings (q, d) and (n, d); equally similar pictures come in the order of the gallery."""
    width = min(count, len(gallery))
    found = np.full((len(rows), width), -1, dtype=np.intp)
    similarity = np.full((len(rows), width), -1, dtype=np.float32)
    together = max(1, _BLOCK // max(1, len(gallery)))
    for start in range(0, len(rows), together):
        block = rows[start : start + together]
        similarities = queries[block] @ gallery.T
        marks = np.zeros(similarities.shape, dtype=np.int32)
        rules.mark(marks, block, _LEFT_OUT)
        similarities[marks == _LEFT_OUT] = -np.inf
        if width == 1:
            best = similarities.argmax(axis=1)[:, np.newaxis]
        else:
            best = np.argsort(-similarities, axis=1, kind="stable")[:, :width]
        values = np.take_along_axis(similarities, best, axis=1)
        there = np.isfinite(values)
        found[start : start + len(block)] = np.where(there, best, -1)
        similarity[start : start + len(block)] = np.where(there, values, -1)
    return found, similarity
