"""The pictures that a query finds, by the rules of the protocol."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval import Relevance
from imgsearch.retrieval.nearest import first_answers
from imgsearch.workflows.evaluation.result import Evaluation, ModelResult


def neighbours(
    evaluation: Evaluation, model: ModelResult, rows: NDArray[np.intp], count: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The first answers of some of `evaluation.queries` (m,), as rows of `evaluation.gallery`, best first.

    Both arrays are (m, count); a place that has no answer is −1, of similarity −1.
    """
    return answers_of(model.embeddings, model.gallery_embeddings, evaluation.rules, rows, count)


def answers_of(
    queries: NDArray[np.float32],
    gallery: NDArray[np.float32],
    rules: Relevance,
    rows: NDArray[np.intp],
    count: int,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The same from embeddings (q, d) and (n, d); equally similar pictures come in the order of the gallery."""
    found, similarity = first_answers(queries[rows], gallery, rules.of(rows), count)
    return found, np.where(found < 0, -1.0, similarity)
