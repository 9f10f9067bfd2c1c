"""The slow twin of `imgsearch.retrieval`: loops, and for ties every order there is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Scores = dict[str, float]


class TiedError(ValueError):
    """Two of a query's answers are equally near."""


def similarity_key(x: Sequence[float], y: Sequence[float]) -> int:
    grid_x, grid_y = ([round(float(value) * 2**25) for value in row] for row in (x, y))
    return round(sum(a * b for a, b in zip(grid_x, grid_y, strict=True)) / 2**30)


def of_order(hits: Sequence[bool], ks: Iterable[int]) -> Scores:
    """The metrics of one query whose answers, best first, are hits or not."""
    relevant = sum(hits)
    scores = {f"recall_at_{k}": float(any(hits[:k])) for k in ks}
    scores["r_precision"] = sum(hits[:relevant]) / relevant
    precisions = [sum(hits[:i]) / i for i in range(1, relevant + 1) if hits[i - 1]]
    scores["map_at_r"] = sum(precisions) / relevant
    at_hits = [sum(hits[:i]) / i for i in range(1, len(hits) + 1) if hits[i - 1]]
    scores["map"] = sum(at_hits) / relevant
    return scores


def of_query(keys: Sequence[int], hits: Sequence[bool], ks: Iterable[int]) -> Scores:
    """The mean over all orders of the gallery that its similarity keys allow."""
    ks = list(ks)
    orders = [
        order
        for order in itertools.permutations(range(len(keys)))
        if all(keys[a] >= keys[b] for a, b in itertools.pairwise(order))
    ]
    return mean([of_order([hits[i] for i in order], ks) for order in orders])


def mean(scores: Sequence[Scores]) -> Scores:
    return {name: math.fsum(score[name] for score in scores) / len(scores) for name in scores[0]}


def evaluate(
    embeddings: NDArray[np.float32], labels: NDArray[np.integer], ks: Iterable[int] = (1, 2, 4, 8), *, ties: bool = True
) -> Scores:
    """`imgsearch.retrieval.evaluate`'s metrics; `ties=False` is faster and refuses sets that have ties."""
    ks = list(ks)
    scores = []
    for query, label in enumerate(labels):
        others = [i for i in range(len(labels)) if i != query]
        hits = [bool(labels[i] == label) for i in others]
        if not any(hits):
            continue
        keys = [similarity_key(embeddings[query].tolist(), embeddings[i].tolist()) for i in others]
        if ties:
            scores.append(of_query(keys, hits, ks))
        else:
            if len(set(keys)) < len(keys):
                raise TiedError
            order = sorted(range(len(keys)), key=lambda i: -keys[i])
            scores.append(of_order([hits[i] for i in order], ks))
    return mean(scores)
