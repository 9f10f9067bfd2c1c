"""K-means within each class."""

from __future__ import annotations

import numpy as np
import pytest

from imgsearch.training.clusters import clusters_of_classes, k_means


def test_well_parted_heaps_are_found() -> None:
    heaps = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    noise = np.random.default_rng(0).normal(size=(60, 2), scale=0.3)
    rows = np.repeat(heaps, 20, axis=0) + noise
    centres, which = k_means(rows, 3)
    assert sorted(map(tuple, centres.round().tolist())) == sorted(map(tuple, heaps.tolist()))
    for heap in which.reshape(3, 20):
        assert len(set(heap.tolist())) == 1
    for one in range(3):
        assert np.allclose(centres[one], rows[which == one].mean(axis=0))


@pytest.mark.parametrize("seed", range(5))
def test_every_row_is_with_its_nearest_centre_and_no_cluster_is_empty(seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(40, 3)).astype(np.float32)
    centres, which = k_means(rows, 6)
    squares = np.square(rows[:, None] - centres[None]).sum(axis=2)
    assert np.array_equal(which, squares.argmin(axis=1))
    assert set(which.tolist()) == set(range(len(centres)))


def test_there_are_no_more_clusters_than_different_rows() -> None:
    assert len(k_means(np.zeros((5, 2)), 3)[0]) == 1
    assert len(k_means(np.array([[0.0], [1.0], [1.0]]), 3)[0]) == 2
    assert len(k_means(np.zeros((0, 2)), 3)[0]) == 0


def test_classes_are_clustered_apart_and_members_number_rows_of_the_whole() -> None:
    rows = np.array([[0.0], [5.0], [0.1], [5.1], [0.2], [9.0]])
    labels = np.array([0, 1, 0, 0, 1, 3])
    found = clusters_of_classes(rows, labels, 2)
    assert [sorted(map(sorted, (one.tolist() for one in cluster.members))) for cluster in found] == [
        [[0, 2], [3]],
        [[1], [4]],
        [],
        [[5]],
    ]
    again = clusters_of_classes(rows, labels, 2)
    assert all(np.array_equal(one.centres, two.centres) for one, two in zip(found, again, strict=True))
