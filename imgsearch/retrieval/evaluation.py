"""All retrieval metrics of a labelled set in one pass, and what a random ranking would score on it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.average_precision import average_precision
from imgsearch.retrieval.labelled import check_finite, check_normalised, checked, class_indices, require_a_pair
from imgsearch.retrieval.map_at_r import map_at_r
from imgsearch.retrieval.nearest import NearestClasses, first_of, nearest_of
from imgsearch.retrieval.r_precision import r_precision
from imgsearch.retrieval.ranking import Ranking, all_tied, ranking, sortable_blocks
from imgsearch.retrieval.recall_at_k import recall_at_k
from imgsearch.retrieval.relevance import Relevance


@dataclass(frozen=True)
class RetrievalScores:
    """Retrieval quality of a labelled set, each metric between 0 and 1."""

    metrics: dict[str, float]
    """recall_at_1, recall_at_2, …, r_precision, map_at_r, map: means in which every query counts the same, so that a
    class weighs as much as it has pictures."""
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
    value over their orders, so that neither the order of files nor of duplicates changes a bit of the result. The rows
    of `asked`, by default of `embeddings`, are what the gallery is asked with; for `rerank` see
    `imgsearch.retrieval.ranking.sortable_blocks`.

    Raises UserError where lengths differ, a row is not finite or not normalised, or no class has two members;
    TypeError for labels that are no integers; ValueError for a K below 1.
    """
    queries, per_query = evaluate_queries(embeddings, labels, ks=ks, asked=asked, rerank=rerank)
    return RetrievalScores(means(per_query), len(queries), len(labels) - len(queries))


def evaluate_queries(
    embeddings: NDArray[np.floating],
    labels: NDArray[np.integer],
    *,
    ks: Sequence[int] = (1, 2, 4, 8),
    asked: NDArray[np.floating] | None = None,
    rerank: bool = False,
) -> tuple[NDArray[np.intp], dict[str, NDArray[np.float64]]]:
    """What `evaluate` averages: the queries (q,), as rows of `embeddings`, and each metric (q,) of every one."""
    _check_ks(ks)
    classes = checked(embeddings, labels)
    for rows in (embeddings,) if asked is None else (embeddings, asked):
        check_normalised(rows)
    queries = embeddings if asked is None else asked
    answers = _answered(queries, embeddings, Relevance.leave_one_out(classes), ks, rerank)
    return answers.queries, answers.metrics


def evaluate_gallery_queries(
    queries: NDArray[np.floating],
    gallery: NDArray[np.floating],
    relevance: Relevance,
    *,
    ks: Sequence[int] = (1, 5, 10, 20),
    rerank: bool = False,
) -> tuple[NDArray[np.intp], dict[str, NDArray[np.float64]]]:
    """Ask a gallery (n, d) with queries (q, d) that are not, or not all, among it.

    Returns the queries (m,) that have something to find, as rows of `queries`, and each metric (m,) of every one, the
    same as `evaluate`'s; recall_at_k is what re-identification calls CMC at rank k, map its mAP. Raises as `answered`.
    """
    answers = answered(queries, gallery, relevance, ks=ks, rerank=rerank)
    return answers.queries, answers.metrics


@dataclass(frozen=True, eq=False)
class Answers:
    """How well each of m queries that have something to find was answered, and the classes of its nearest answer."""

    queries: NDArray[np.intp]
    """(m,): rows of the queries."""
    metrics: dict[str, NDArray[np.float64]]
    """(m,) each."""
    nearest: NearestClasses
    first: NDArray[np.intp]
    """(m,): the gallery's row of the nearest answer, of equally near ones the first."""
    similarity: NDArray[np.float64]
    """(m,): its cosine; after re-ranking, of no meaning but the order."""


def answered(
    queries: NDArray[np.floating],
    gallery: NDArray[np.floating],
    relevance: Relevance,
    *,
    ks: Sequence[int] = (1, 2, 4, 8),
    rerank: bool = False,
) -> Answers:
    """Ask a gallery (n, d) with queries (q, d), which may be the gallery itself, by the rules of relevance.

    Raises UserError where a row is not finite or not normalised, or no query has something to find; ValueError where
    sizes differ or a K is below 1.
    """
    _check_ks(ks)
    if queries.shape[1:] != gallery.shape[1:] or (len(queries), len(gallery)) != relevance.shape:
        raise ValueError(f"queries {queries.shape} and gallery {gallery.shape} do not fit {relevance.shape} classes")
    for rows in (queries, gallery):
        check_finite(rows)
        check_normalised(rows)
    relevance.require_a_match()
    return _answered(queries, gallery, relevance, ks, rerank)


def chance(labels: NDArray[np.integer], ks: Sequence[int] = (1, 2, 4, 8)) -> dict[str, float]:
    """The exact expectation of `evaluate`'s metrics under a uniformly random ranking; what identical embeddings score.

    Takes labels (n,), any integers. Raises as `evaluate` does.
    """
    classes = class_indices(labels)
    require_a_pair(classes)
    return means(chance_queries(Relevance.leave_one_out(classes), ks)[1])


def chance_queries(
    relevance: Relevance, ks: Sequence[int] = (1, 2, 4, 8)
) -> tuple[NDArray[np.intp], dict[str, NDArray[np.float64]]]:
    """The queries (m,) that have something to find, and what each may expect of a uniformly random ranking (m,)."""
    _check_ks(ks)
    relevant, answers = relevance.counts()
    queries = np.flatnonzero(relevant)
    return queries, _per_query(all_tied(relevant[queries], answers[queries]), ks)


def means(per_query: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
    """Means over queries by `fsum`, which rounds once: no order of queries changes a bit."""
    return {name: math.fsum(values) / len(values) for name, values in per_query.items()}


def _answered(
    queries: NDArray[np.floating],
    gallery: NDArray[np.floating],
    relevance: Relevance,
    ks: Sequence[int],
    rerank: bool,
) -> Answers:
    relevant = relevance.counts()[0]
    findable = np.flatnonzero(relevant)
    nearest, firsts, scores = [], [], []
    for block, sortable in sortable_blocks(queries, gallery, relevance, findable, rerank=rerank):
        nearest.append(nearest_of(block, sortable, relevance))
        firsts.append(first_of(sortable))
        scores.append(_per_query(ranking(sortable, relevant[block]), ks))
    metrics = {name: np.concatenate([block[name] for block in scores]) for name in scores[0]}
    first, similarity = (np.concatenate(column) for column in zip(*firsts, strict=True))
    return Answers(findable, metrics, NearestClasses.of_parts(nearest), first, similarity)


def _per_query(found: Ranking, ks: Sequence[int]) -> dict[str, NDArray[np.float64]]:
    return {
        **{f"recall_at_{k}": recall_at_k(found, k) for k in ks},
        "r_precision": r_precision(found),
        "map_at_r": map_at_r(found),
        "map": average_precision(found),
    }


def _check_ks(ks: Sequence[int]) -> None:
    if any(k < 1 for k in ks):
        raise ValueError(f"every K of recall_at_k must be at least 1, not {min(ks)}")
