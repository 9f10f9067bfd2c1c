"""Clustering scores: does grouping the pictures without their labels find the classes again?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.k_means import k_means
from imgsearch.retrieval.labelled import check_normalised, checked

TRIALS = 200


@dataclass(frozen=True)
class Clustering:
    """How well k-means clusters, as many as there are classes, agree with the classes."""

    nmi: float
    """Normalised mutual information, by the mean of the two entropies."""
    ami: float
    """Adjusted mutual information: 0 for clusters that have nothing to do with the classes, 1 for equal ones."""
    chance_nmi: float
    """What clusters of these sizes are expected to score by chance: many small ones, much. For AMI it is 0."""
    chance_interval: tuple[float, float]
    """Where NMI lies in 95 % of the cases by chance."""
    clusters: int
    seed: int


def clustering(embeddings: NDArray[np.floating], labels: NDArray[np.integer], *, seed: int = 0) -> Clustering:
    """Cluster embeddings (n, d), L2-normalised or zero, by `k_means`, and compare with labels (n,), any integers.

    Raises UserError where lengths differ, a row is not finite or not normalised, or no class has two members.
    """
    classes = checked(embeddings, labels)
    check_normalised(embeddings)
    found = k_means(embeddings, int(classes.max()) + 1, seed=seed)
    sizes, sizes_found = np.bincount(classes), np.bincount(found)
    mean_entropy = (_entropy(sizes) + _entropy(sizes_found)) / 2
    expected = expected_mutual_information(sizes, sizes_found)
    low, high = np.quantile(_by_chance(sizes, sizes_found, seed), [0.025, 0.975])
    return Clustering(
        nmi=normalised_mutual_information(classes, found),
        ami=adjusted_mutual_information(classes, found),
        chance_nmi=_ratio(expected, mean_entropy),
        chance_interval=(_ratio(low, mean_entropy), _ratio(high, mean_entropy)),
        clusters=int(np.count_nonzero(sizes_found)),
        seed=seed,
    )


def normalised_mutual_information(one: NDArray[np.intp], other: NDArray[np.intp]) -> float:
    """NMI of two groupings (n,), numbered from 0: mutual information by the mean of the two entropies.

    1 where both are one group, 0 where only one of them is.
    """
    entropies = [_entropy(np.bincount(groups)) for groups in (one, other)]
    if entropies == [0.0, 0.0]:
        return 1.0
    return _ratio(mutual_information(one, other), sum(entropies) / 2)


def adjusted_mutual_information(one: NDArray[np.intp], other: NDArray[np.intp]) -> float:
    """AMI of two groupings (n,), numbered from 0: how far NMI is from what chance expects, 1 being the most.

    Vinh, Epps and Bailey, "Information Theoretic Measures for Clusterings Comparison", 2010; by the mean of entropies.
    """
    sizes, others = (np.bincount(groups) for groups in (one, other))
    sizes, others = sizes[sizes > 0], others[others > 0]
    if len(sizes) == len(others) and len(sizes) in (1, len(one)):
        return 1.0
    expected = expected_mutual_information(sizes, others)
    return _ratio(mutual_information(one, other) - expected, (_entropy(sizes) + _entropy(others)) / 2 - expected)


def mutual_information(one: NDArray[np.intp], other: NDArray[np.intp]) -> float:
    """Of two groupings (n,), numbered from 0, in nats."""
    pairs = np.unique(one.astype(np.int64) * (int(other.max()) + 1) + other, return_counts=True)[1]
    entropies = [_entropy(np.bincount(groups)) for groups in (one, other)]
    return max(0.0, sum(entropies) - _entropy(pairs))


def expected_mutual_information(sizes: NDArray[np.integer], others: NDArray[np.integer]) -> float:
    """Its mean over all ways to give groups of these sizes (R,) and (C,) to the same pictures, in nats."""
    count = int(sizes.sum())
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, count + 1)))])  # of factorials
    columns, many = np.unique(others[others > 0], return_counts=True)
    total = 0.0
    for size, times in zip(*np.unique(sizes[sizes > 0], return_counts=True), strict=True):
        shared = np.arange(1, min(int(size), int(columns.max())) + 1)[:, np.newaxis]
        fits = (shared <= columns) & (shared >= size + columns - count)
        both = np.where(fits, shared, 1)
        rest = np.where(fits, count - size - columns + both, 0)
        odds = logs[size] + logs[columns] + logs[count - size] + logs[count - columns] - logs[count]
        odds = odds - logs[both] - logs[np.where(fits, size - both, 0)] - logs[np.where(fits, columns - both, 0)]
        odds = np.where(fits, odds - logs[rest], -np.inf)
        terms = both / count * np.log(count * both / (size * columns)) * np.exp(odds)
        total += int(times) * float((terms @ many).sum())
    return total


def _by_chance(sizes: NDArray[np.intp], others: NDArray[np.intp], seed: int) -> list[float]:
    """The mutual information of groupings of these sizes that have nothing to do with each other."""
    lots = np.random.default_rng(seed)
    one, other = (np.repeat(np.arange(len(each)), np.sort(each)) for each in (sizes, others))
    return [mutual_information(lots.permutation(one), other) for _ in range(TRIALS)]


def _entropy(sizes: NDArray[np.integer]) -> float:
    shares = np.sort(sizes[sizes > 0]) / sizes.sum()
    return float(-np.sum(shares * np.log(shares)))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else 0.0
