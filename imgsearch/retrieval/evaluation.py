"""All retrieval metrics of a labelled set in one pass, and what a random ranking would score on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.retrieval.labelled import checked, class_indices, require_a_pair
from imgsearch.retrieval.map_at_r import map_at_r
from imgsearch.retrieval.r_precision import r_precision
from imgsearch.retrieval.ranking import Ranking, all_tied, leave_one_out
from imgsearch.retrieval.recall_at_k import recall_at_k

_LENGTH_TOLERANCE = 1e-2  # float16 storage and a last rounding leave unit rows well within it


@dataclass(frozen=True)
class RetrievalScores:
    """Retrieval quality of a labelled set, each metric between 0 and 1."""

    metrics: dict[str, float]
    """recall_at_1, recall_at_2, …, r_precision, map_at_r: means in which every query counts the same, so that a class
    weighs as much as it has pictures."""
    queries: int
    """Pictures that were queries: those whose class has another member."""
    without_match: int
    """Pictures alone in their class: nothing to find (R = 0), so no queries, but in everybody else's gallery."""


def evaluate(
    embeddings: NDArray[np.floating],
    labels: NDArray[np.integer],
    *,
    ks: Sequence[int] = (1, 2, 4, 8),
    asked: NDArray[np.floating] | None = None,
    rerank: bool = False,
) -> RetrievalScores:
    """Query a labelled set with each of its pictures, leave-one-out, and average the retrieval metrics.

    Takes embeddings (n, d), L2-normalised (or zero, which ties with everything), and labels (n,), any integers;
    compares by cosine similarity. A picture is left out of its own answer by its index. Ties count with the expected
    value over their orders, so that neither the order of files nor of duplicates changes a bit of the result. For
    `asked` and `rerank` see `imgsearch.retrieval.ranking.leave_one_out`.

    Raises UserError where lengths differ, a row is not finite or not normalised, or no class has two members;
    TypeError for labels that are no integers; ValueError for a K below 1.
    """
    queries, per_query = evaluate_queries(embeddings, labels, ks=ks, asked=asked, rerank=rerank)
    return RetrievalScores(_means(per_query), len(queries), len(labels) - len(queries))


def evaluate_queries(
    embeddings: NDArray[np.floating],
    labels: NDArray[np.integer],
    *,
    ks: Sequence[int] = (1, 2, 4, 8),
    asked: NDArray[np.floating] | None = None,
    rerank: bool = False,
) -> tuple[NDArray[np.intp], dict[str, NDArray[np.float64]]]:
    """What `evaluate` averages: the queries (q,), as rows of `embeddings`, and each metric (q,) of every one."""
    depth = _largest(ks)
    classes = checked(embeddings, labels)
    for rows in (embeddings,) if asked is None else (embeddings, asked):
        _check_normalised(rows)
    queries, blocks = [], []
    for block, ranking in leave_one_out(embeddings, classes, depth, asked, rerank=rerank):
        queries.append(block)
        blocks.append(_per_query(ranking, ks))
    return np.concatenate(queries), {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def chance(labels: NDArray[np.integer], ks: Sequence[int] = (1, 2, 4, 8)) -> dict[str, float]:
    """The exact expectation of `evaluate`'s metrics under a uniformly random ranking; what identical embeddings score.

    Takes labels (n,), any integers. Raises as `evaluate` does.
    """
    depth = _largest(ks)
    classes = class_indices(labels)
    require_a_pair(classes)
    gallery = len(classes) - 1
    relevant, queries = np.unique(np.bincount(classes)[classes] - 1, return_counts=True)
    findable = relevant > 0
    rankings = [all_tied(count, gallery, min(gallery, max(depth, count))) for count in relevant[findable].tolist()]
    per_count = [_per_query(ranking, ks) for ranking in rankings]
    return _means(
        {
            name: np.repeat(np.concatenate([scores[name] for scores in per_count]), queries[findable])
            for name in per_count[0]
        }
    )


def _per_query(ranking: Ranking, ks: Sequence[int]) -> dict[str, NDArray[np.float64]]:
    recalls = {f"recall_at_{k}": recall_at_k(ranking, k) for k in ks}
    return {**recalls, "r_precision": r_precision(ranking), "map_at_r": map_at_r(ranking)}


def _means(per_query: dict[str, NDArray[np.float64]]) -> dict[str, float]:
    """Means by `fsum`, which rounds once: no order of queries changes a bit."""
    return {name: math.fsum(values) / len(values) for name, values in per_query.items()}


def _largest(ks: Sequence[int]) -> int:
    if any(k < 1 for k in ks):
        raise ValueError(f"every K of recall_at_k must be at least 1, not {min(ks)}")
    return max(ks, default=1)


def _check_normalised(embeddings: NDArray[np.floating]) -> None:
    lengths = np.linalg.norm(embeddings, axis=1)
    odd = np.flatnonzero((lengths > 0) & (np.abs(lengths - 1) > _LENGTH_TOLERANCE))
    if len(odd):
        raise UserError(f"embedding {odd[0]} (counted from 0) has length {lengths[odd[0]]:.3g}: L2-normalise it first")
