"""The neighbourhood sampling of magnet loss."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from imgsearch.training.samplers.m_per_class import MPerClassSampler
from imgsearch.training.samplers.magnet import MagnetSampler

LABELS = [7] * 6 + [1] * 6 + [4] * 6 + [9] * 6
CENTRES = np.repeat([0.0, 180.0, 80.0, 200.0], 6)
"""Where on the circle the pictures of each class lie, in degrees."""


def rows(degrees: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float32]:
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def ready(seed: int = 0, clusters: int = 1, per_batch: int = 2, images: int = 3) -> MagnetSampler:
    sampler = MagnetSampler(LABELS, per_batch, images, seed, clusters)
    sampler.refresh(rows(CENTRES + np.tile([-4.0, -3.0, -2.0, 2.0, 3.0, 4.0], 4)))
    return sampler


def test_before_the_first_refresh_it_is_m_per_class() -> None:
    sampler, plain = MagnetSampler(LABELS, 2, 3, seed=5), MPerClassSampler(LABELS, 2, 3, seed=5)
    for _ in range(3):
        assert np.array_equal(sampler.epoch(), plain.epoch())


def test_a_batch_is_a_seed_cluster_and_the_nearest_of_other_classes() -> None:
    nearest = {7: 4, 1: 9, 4: 7, 9: 1}
    for batch in ready().epoch():
        first, second = LABELS[batch[0]], LABELS[batch[3]]
        assert second == nearest[first]
        assert Counter(LABELS[picture] for picture in batch) == {first: 3, second: 3}
        assert len(set(batch.tolist())) == 6


@pytest.mark.parametrize("clusters", [1, 2])
def test_no_class_gives_a_seed_again_before_all_have_and_its_clusters_take_turns(clusters: int) -> None:
    sampler = ready(1, clusters)
    seeds = [tuple(sorted(batch[:3].tolist())) for _ in range(6) for batch in sampler.epoch()]
    assert len(seeds) == 24
    for start in range(0, 24, 4):
        assert len({LABELS[seed[0]] for seed in seeds[start : start + 4]}) == 4
    if clusters == 2:  # three pictures on either side of each centre
        assert all(count == 3 for count in Counter(seeds).values()) and len(set(seeds)) == 8


def test_new_embeddings_make_new_neighbours_without_a_class_being_passed_over() -> None:
    sampler = ready(2, per_batch=4)
    for _ in range(3):
        seen = []
        for shift in range(2):  # of two batches each
            sampler.refresh(rows(CENTRES * (1 + shift)))
            seen += [LABELS[batch[0]] for batch in sampler.epoch()]
        assert sorted(seen) == [1, 4, 7, 9]


def test_a_cluster_of_fewer_pictures_than_k_repeats_them_and_says_so() -> None:
    sampler = ready(0, clusters=2, images=4)
    batches = sampler.epoch()
    assert batches.shape == (3, 8) and batches.dtype == np.int64
    assert sampler.repeats == 3 * 2  # clusters of three, four asked for, two a batch


def test_duplicates_and_lone_pictures_still_make_full_batches() -> None:
    sampler = MagnetSampler([0, 0, 0, 1, 2], 3, 2, clusters=3)
    sampler.refresh(np.ones((5, 2), dtype=np.float32))
    assert all(sorted({[0, 0, 0, 1, 2][picture] for picture in batch}) == [0, 1, 2] for batch in sampler.epoch())


def test_it_goes_on_from_its_state() -> None:
    sampler = ready(3, clusters=2)
    sampler.epoch()
    again = ready(99, clusters=2)
    again.restore(sampler.state())
    assert np.array_equal(sampler.epoch(), again.epoch())
    assert sampler.state() == again.state()
