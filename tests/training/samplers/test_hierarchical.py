"""The sampling of hierarchical triplet loss."""

from __future__ import annotations

import numpy as np
import pytest

from imgsearch.training.samplers.hierarchical import HierarchicalSampler
from imgsearch.training.samplers.m_per_class import MPerClassSampler

PLACES = [0.0, 5.0, 12.0, 100.0, 106.0, 115.0, 220.0, 226.0, 235.0]
"""Nine classes in three groups of three on the circle."""
LABELS = np.repeat(np.arange(9) * 10, 4).tolist()


def ready(per_batch: int = 6, neighbours: int = 2, seed: int = 0) -> HierarchicalSampler:
    sampler = HierarchicalSampler(LABELS, per_batch, 2, seed, neighbours)
    angles = np.deg2rad(np.repeat(PLACES, 4) + np.tile([-1.0, -0.5, 0.5, 1.0], 9))
    sampler.refresh(np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32))
    return sampler


def classes(batch: np.typing.NDArray[np.int64]) -> list[int]:
    return [LABELS[picture] // 10 for picture in batch[::2]]


def test_before_the_first_refresh_it_is_m_per_class() -> None:
    sampler, plain = HierarchicalSampler(LABELS, 4, 2, seed=5), MPerClassSampler(LABELS, 4, 2, seed=5)
    for _ in range(3):
        assert np.array_equal(sampler.epoch(), plain.epoch())


def test_an_anchor_class_comes_with_its_nearest_classes() -> None:
    for batch in np.concatenate([ready(3, seed=seed).epoch() for seed in range(5)]):
        assert sorted(number // 3 for number in classes(batch)) in ([0, 0, 0], [1, 1, 1], [2, 2, 2])
    for batch in ready(2, neighbours=1).epoch():
        anchor, near = classes(batch)
        assert near == {0: 1, 1: 0, 2: 1, 3: 4, 4: 3, 5: 4, 6: 7, 7: 6, 8: 7}[anchor]


@pytest.mark.parametrize(("per_batch", "neighbours"), [(6, 2), (5, 2), (9, 3), (4, 0), (100, 3), (1, 3)])
def test_every_batch_is_full_and_holds_no_class_twice(per_batch: int, neighbours: int) -> None:
    sampler = ready(per_batch, neighbours)
    for batch in np.concatenate([sampler.epoch() for _ in range(10)]):
        assert len(set(classes(batch))) == len(classes(batch)) == min(per_batch, 9)
        assert len(set(batch.tolist())) == len(batch)
        assert [LABELS[one] for one in batch[::2]] == [LABELS[one] for one in batch[1::2]]


def test_every_class_is_an_anchor_class_before_one_is_again() -> None:
    sampler = ready(3, neighbours=2)
    anchors = [classes(batch)[0] for _ in range(9) for batch in sampler.epoch()]
    assert len(anchors) == 9 * 6
    for start in range(0, 54, 9):
        assert sorted(anchors[start : start + 9]) == list(range(9))


def test_it_goes_on_from_its_state() -> None:
    sampler, again = ready(seed=3), ready(seed=4)
    sampler.epoch()
    again.restore(sampler.state())
    assert np.array_equal(sampler.epoch(), again.epoch())
