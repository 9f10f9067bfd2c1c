"""The matches of embedded questions, with query expansion and re-ranking where they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.index import Match
from imgsearch.workflows.indexes import Indexes
from imgsearch.workflows.question import Question, Search

Row = NDArray[np.float32]


def nearest_matches(indexes: Indexes, queries: Row, questions: Sequence[Question], search: Search) -> list[list[Match]]:
    """The matches of each question, best first; `queries` (q, dimension) are the questions' embeddings."""
    others = Question(tuple(picture for picture, _ in search.others)).files
    themselves: list[list[Path]] = [[] if search.include_self else [*one.files, *others] for one in questions]

    def nearest(k: int, threshold: float | None = None, *, with_vectors: bool = False) -> list[list[Match]]:
        return indexes.search(
            queries,
            k,
            threshold=threshold,
            method=search.method,
            exclude=themselves,
            expected=search.questions,
            with_vectors=with_vectors,
        )

    if search.expand:
        from imgsearch.retrieval.expansion import expanded

        neighbours = nearest(search.expand, with_vectors=True)
        queries = np.array(
            [expanded(query, _vectors(near, len(query))) for query, near in zip(queries, neighbours, strict=True)]
        ).reshape(queries.shape)
    if search.rerank is None:
        return nearest(search.k, search.threshold)
    from imgsearch.retrieval.reciprocal import RERANKED

    rankings = nearest(max(search.k, RERANKED), search.threshold, with_vectors=True)
    return [_reranked(query, near, RERANKED)[: search.k] for query, near in zip(queries, rankings, strict=True)]


def _reranked(query: Row, matches: list[Match], count: int) -> list[Match]:
    from imgsearch.retrieval.reciprocal import reciprocal_distances

    top = matches[:count]
    order = np.argsort(reciprocal_distances(query, _vectors(top, len(query))), kind="stable")
    return [top[place] for place in order] + matches[count:]


def _vectors(matches: Sequence[Match], dimension: int) -> Row:
    return np.array([match.vector for match in matches], dtype=np.float32).reshape(len(matches), dimension)
