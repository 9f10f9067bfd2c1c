"""Agreement of clusters with classes against scikit-learn, and k-means against loops and the order of pictures."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score, mutual_info_score, normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

from imgsearch.errors import UserError
from imgsearch.retrieval import clustering
from imgsearch.retrieval.clustering import (
    adjusted_mutual_information,
    mutual_information,
    normalised_mutual_information,
)
from imgsearch.retrieval.k_means import k_means

from .test_evaluation import DIRECTIONS, Embeddings, Labels, labelled, normalised, tied_sets, unit_rows

Grouping = list[tuple[int, int]]


@settings(deadline=None, max_examples=1000)
@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from([0, 0, 0, 1, 2, 9])), min_size=1, max_size=60))
def test_the_figures_equal_scikit_learns_on_the_same_groups(groups: Grouping) -> None:
    one, other = np.array(groups).T
    assert mutual_information(one, other) == pytest.approx(mutual_info_score(one, other), abs=1e-12)
    assert normalised_mutual_information(one, other) == pytest.approx(
        normalized_mutual_info_score(one, other), abs=1e-12
    )
    expected = expected_mutual_information(contingency_matrix(one, other, sparse=True), len(one))
    mine = clustering.expected_mutual_information(np.bincount(one), np.bincount(other))
    assert mine == pytest.approx(expected, abs=1e-10)
    theirs = adjusted_mutual_info_score(one, other)
    if abs(theirs) <= 1:  # scikit-learn divides by rounding where all is expected
        assert adjusted_mutual_information(one, other) == pytest.approx(theirs, abs=1e-8)


def test_the_expected_information_is_the_mean_over_shuffles() -> None:
    one, other = np.repeat([0, 1, 2], [4, 3, 9]), np.repeat([0, 1], [6, 10])
    rng = np.random.default_rng(0)
    shuffled = [mutual_information(rng.permutation(one), other) for _ in range(4000)]
    expected = clustering.expected_mutual_information(np.bincount(one), np.bincount(other))
    assert expected == pytest.approx(np.mean(shuffled), rel=0.05)


@settings(deadline=None, max_examples=30)
@given(tied_sets(most=30), st.randoms(use_true_random=False))
def test_neither_the_order_of_files_nor_the_names_of_classes_change_a_bit(
    pictures: tuple[Embeddings, Labels], random: Random
) -> None:
    embeddings, labels = pictures
    order = random.sample(range(len(labels)), len(labels))
    names = np.array(random.sample(range(100), 10))
    moved = clustering.clustering(embeddings[order], names[labels[order]])
    assert moved == clustering.clustering(embeddings, labels)


def test_the_order_of_files_changes_no_bit_of_scattered_ones() -> None:
    embeddings, labels = labelled(np.random.default_rng(0), 400, 30, 20)
    order = np.random.default_rng(1).permutation(400)
    assert clustering.clustering(embeddings[order], labels[order]) == clustering.clustering(embeddings, labels)


def cost(rows: Embeddings, groups: Labels) -> float:
    """Squared distances to the means of the groups."""
    return sum(float(((rows[groups == one] - rows[groups == one].mean(axis=0)) ** 2).sum()) for one in set(groups))


@pytest.mark.parametrize("clusters", [2, 9, 70])
def test_k_means_ends_where_nearly_every_point_is_nearest_to_its_own_mean(clusters: int) -> None:
    rows = unit_rows(np.random.default_rng(0), 300, 6)
    groups = k_means(rows, clusters)
    assert sorted(set(groups.tolist())) == list(range(clusters))
    means = np.array([rows[groups == one].mean(axis=0) for one in range(clusters)])
    distances = ((rows[:, np.newaxis] - means) ** 2).sum(axis=2)
    assert np.mean(distances.argmin(axis=1) == groups) > 0.98


@pytest.mark.parametrize("seed", range(3))
def test_k_means_is_about_as_good_as_scikit_learns(seed: int) -> None:
    rows, _ = labelled(np.random.default_rng(seed), 600, 100, 16)
    theirs = KMeans(100, n_init=3, random_state=seed).fit_predict(rows)
    assert cost(rows, k_means(rows, 100, seed=seed)) < 1.03 * cost(rows, theirs)


def test_well_parted_classes_are_found_exactly() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 12, 200)
    rows = normalised(np.eye(12)[labels] + 0.02 * rng.normal(size=(200, 12)))
    found = clustering.clustering(rows, labels)
    assert (found.nmi, found.ami, found.clusters) == (1, 1, 12)
    assert found.chance_nmi < 0.2


def test_equal_pictures_are_of_one_cluster_and_fewer_kinds_than_clusters_are_one_each() -> None:
    rows = DIRECTIONS[[0, 1, 0, 2, 1, 0]]
    groups = k_means(rows, 5)
    assert [(groups == group).tolist() for group in groups] == [(rows == row).all(axis=1).tolist() for row in rows]
    assert len(set(k_means(rows, 2).tolist())) == 2


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 9), min_size=2, max_size=60))
def test_identical_embeddings_score_exactly_chance(labels: list[int]) -> None:
    labels[:2] = [0, 0]
    rows = np.tile(unit_rows(np.random.default_rng(0), 1, 33), (len(labels), 1))
    found = clustering.clustering(rows, np.array(labels))
    if len(set(labels)) > 1:
        assert (found.nmi, found.ami) == (found.chance_nmi, 0) == (0, 0)
        assert found.chance_interval == (0, 0)


def test_random_embeddings_score_chance() -> None:
    within, adjusted = 0, []
    for seed in range(100):
        rows, labels = unit_rows(np.random.default_rng(seed), 120, 8), np.repeat(np.arange(12), 10)
        found = clustering.clustering(rows, labels, seed=seed)
        within += found.chance_interval[0] <= found.nmi <= found.chance_interval[1]
        adjusted.append(found.ami)
    assert within >= 90
    assert np.mean(adjusted) == pytest.approx(0, abs=0.01)


def test_mistakes_are_told() -> None:
    with pytest.raises(UserError, match="length 2"):
        clustering.clustering(2 * np.eye(3), np.array([0, 0, 1]))
    with pytest.raises(UserError, match="no class has two"):
        clustering.clustering(np.eye(3), np.array([0, 1, 2]))
