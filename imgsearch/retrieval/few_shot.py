"""Few-shot classification by episodes: of a few classes some pictures are shown, others told by nearest class mean."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.retrieval.bootstrap import ClassScores
from imgsearch.retrieval.canonical import canonical_classes, canonical_order
from imgsearch.retrieval.episodes import draw_episodes
from imgsearch.retrieval.exact import BLOCK, exact_rows, levels
from imgsearch.retrieval.labelled import check_finite, check_normalised, class_indices


@dataclass(frozen=True, eq=False)
class FewShot:
    """How often pictures were told right among `way` classes of which `shot` pictures each were shown."""

    way: int
    shot: int
    accuracies: NDArray[np.float64]
    """(E,), of every episode: the mean over its queries."""
    by_class: ClassScores
    """Over the queries of all episodes; of classes as they were labelled, in ascending order."""
    left_out: int
    """Classes with fewer than shot + 1 pictures, which no episode can hold."""

    @property
    def mean(self) -> float:
        """Over the episodes; exact where they are all the same."""
        one = float(self.accuracies[0])
        return one + math.fsum(self.accuracies - one) / len(self.accuracies)

    @property
    def interval(self) -> tuple[float, float]:
        """The literature's 95 %, mean ± 1.96·s/√E: how sure the mean is of episodes from *these* pictures.

        It gets narrower with more episodes, however few the pictures; for what other classes would score, see
        `by_class` and `imgsearch.retrieval.bootstrap.interval`.
        """
        if len(self.accuracies) < 2:
            return 0.0, 1.0
        half = 1.96 * float(np.std(self.accuracies, ddof=1)) / math.sqrt(len(self.accuracies))
        return self.mean - half, self.mean + half

    @property
    def chance(self) -> float:
        """What guessing scores, and identical embeddings."""
        return 1 / self.way


def few_shot(
    embeddings: NDArray[np.floating],
    labels: NDArray[np.integer],
    way: int,
    shot: int,
    *,
    queries: int = 15,
    episodes: int = 2000,
    seed: int = 0,
) -> FewShot:
    """Draw episodes of `way` classes with `shot` shown pictures each and up to `queries` others to be told.

    Takes embeddings (n, d), L2-normalised or zero, and labels (n,), any integers. A query goes to the class whose mean
    of shown embeddings, normalised again, is most similar; of m equally similar ones the right one counts 1/m. A class
    with fewer than shot + queries pictures gives those it has as queries, one with fewer than shot + 1 is left out.
    What is drawn depends on the seed and the embeddings, not on the order of pictures or the values of labels.

    Raises UserError where fewer than `way` classes have more than `shot` pictures, or an embedding is not finite or not
    normalised; ValueError for way < 2 or shot, queries or episodes < 1. Snell, Swersky and Zemel, "Prototypical
    Networks for Few-shot Learning", 2017.
    """
    if way < 2 or min(shot, queries, episodes) < 1:
        raise ValueError("an episode takes two classes or more, and a picture or more of each to show and to tell")
    classes = class_indices(labels)
    check_finite(embeddings)
    check_normalised(embeddings)
    sizes = np.bincount(classes)
    if (sizes > shot).sum() < way:
        raise UserError(
            f"more shots than pictures: {way}-way {shot}-shot takes {way} classes of {shot + 1} pictures or more, and "
            f"{(sizes > shot).sum()} of {len(sizes)} have that many: ask for fewer, or give more pictures"
        )
    members = [rows for rows in canonical_classes(classes, canonical_order(embeddings)[1]) if len(rows) > shot]
    rows = exact_rows(embeddings)
    lots = np.random.default_rng(seed).spawn(2)
    width = max(len(members), way * max(len(each) for each in members), way * (shot + queries) * rows.shape[1])
    at_once = max(1, BLOCK // width)
    accuracies = []
    right, asked = np.zeros(len(sizes)), np.zeros(len(sizes), dtype=np.int64)
    for first in range(0, episodes, at_once):
        drawn, real = draw_episodes(lots, members, (min(at_once, episodes - first), way, shot + queries))
        real = real[:, :, shot:]
        tied = np.where(real, _tied(rows[drawn[:, :, :shot]], rows[drawn[:, :, shot:]]), 0)
        accuracies.append(_right(tied.reshape(len(tied), -1), way) / real.sum(axis=(1, 2)))
        of = classes[drawn[:, :, 0]].ravel()
        right += np.bincount(of, _right(tied.reshape(len(of), -1), way), len(sizes))
        asked += np.bincount(of, real.sum(axis=2).ravel(), len(sizes)).astype(np.int64)
    return FewShot(way, shot, np.concatenate(accuracies), ClassScores(right, asked), int((sizes <= shot).sum()))


def _tied(shown: NDArray[np.float64], asked: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many classes are as near as a query's own (e, way, q), or 0 where another one is nearer.

    Takes shown pictures (e, way, shot, d) and asked ones (e, way, q, d).
    """
    means = shown.sum(axis=2)  # exact, and so in any order
    lengths = np.sqrt((means * means).sum(axis=-1, keepdims=True))
    means = exact_rows(np.divide(means, lengths, where=lengths > 0, out=np.zeros_like(means)))
    episodes, way, queries, dimension = asked.shape
    similar = levels(asked.reshape(episodes, way * queries, dimension) @ means.transpose(0, 2, 1))
    similar = similar.reshape(episodes, way, queries, way)
    own = np.einsum("ewqw->ewq", similar)
    best = similar.max(axis=3)
    return np.asarray(np.where(own == best, (similar == best[..., np.newaxis]).sum(axis=3), 0))


def _right(tied: NDArray[np.int64], way: int) -> NDArray[np.float64]:
    """The sum over queries (e, q) of 1/m for a query that m classes tie for; the same to the last bit in any order."""
    total = np.zeros(len(tied))
    for several in range(1, way + 1):
        total += (tied == several).sum(axis=1) / several
    return total
