"""What every sampler keeps, whichever it is: a new line in the registry is tested here from then on."""

from __future__ import annotations

import json

import numpy as np
import pytest

from imgsearch.registry import build
from imgsearch.training.miners import MINERS
from imgsearch.training.samplers import SAMPLERS
from imgsearch.training.samplers.base import Embeddings, Indices, Sampler

LABELS = [4] * 10 + [1] * 7 + [2] * 5 + [9] * 2 + [0] * 12 + [7] * 3
"""Not in order, not contiguous; one class has fewer pictures than K = 3."""


def make(name: str, seed: int = 0, labels: list[int] = LABELS, classes: int = 3, images: int = 3) -> Sampler:
    supplied = {"labels": labels, "classes_per_batch": classes, "images_per_class": images, "seed": seed}
    sampler: Sampler = build("sampler", SAMPLERS, name, {}, supplied)
    return sampler


def pool(seed: int = 0, labels: list[int] = LABELS) -> Embeddings:
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(10, 8))[labels] + generator.normal(size=(len(labels), 8))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def epochs(sampler: Sampler, count: int, labels: list[int] = LABELS) -> list[Indices]:
    """As the trainer does it: a refresh before each where the sampler wants it."""
    found = []
    for number in range(count):
        if sampler.wants_pool:
            sampler.refresh(pool(number, labels))
        found.append(sampler.epoch())
    return found


def same(first: list[Indices], second: list[Indices]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("name", SAMPLERS)
class TestEverySampler:
    def test_the_miner_that_it_names_is_there(self, name: str) -> None:
        assert make(name).miner is None or make(name).miner in MINERS

    def test_an_epoch_is_a_table_of_pictures_with_as_many_rows_as_announced(self, name: str) -> None:
        sampler = make(name)
        (first, second) = epochs(sampler, 2)
        assert first.dtype == np.int64 and first.ndim == 2 and first.shape == second.shape
        assert len(first) == sampler.batches_per_epoch
        assert first.min() >= 0 and first.max() < len(LABELS)

    def test_a_batch_has_about_p_times_k_pictures_and_an_epoch_about_all(self, name: str) -> None:
        for classes, images in ((3, 3), (2, 4), (5, 2)):
            sampler = make(name, classes=classes, images=images)
            (epoch,) = epochs(sampler, 1)
            assert classes * images - 3 < epoch.shape[1] <= classes * images
            assert len(LABELS) <= epoch.size < len(LABELS) + epoch.shape[1]

    def test_before_any_refresh_there_are_epochs_too(self, name: str) -> None:
        assert make(name).epoch().shape == epochs(make(name), 1)[0].shape

    def test_every_class_and_every_picture_comes_some_time(self, name: str) -> None:
        seen = np.unique(np.concatenate([epoch.ravel() for epoch in epochs(make(name), 30)]))
        assert len(seen) == len(LABELS)

    def test_every_batch_has_pictures_of_one_class_and_of_several(self, name: str) -> None:
        for batch in np.concatenate(epochs(make(name), 5)):
            _, counts = np.unique(np.asarray(LABELS)[batch], return_counts=True)
            assert len(counts) > 1 and counts.max() > 1

    def test_the_same_seed_gives_the_same_epochs_and_another_seed_others(self, name: str) -> None:
        assert same(epochs(make(name, seed=1), 3), epochs(make(name, seed=1), 3))
        assert not same(epochs(make(name, seed=1), 3), epochs(make(name, seed=2), 3))

    @pytest.mark.parametrize("done", range(4))
    def test_from_a_saved_state_it_goes_on_exactly_as_it_would_have(self, name: str, done: int) -> None:
        sampler, resumed = make(name, seed=3), make(name, seed=4)
        epochs(sampler, done)
        state = json.loads(json.dumps(sampler.state()))
        expected = epochs(sampler, 3)
        resumed.restore(state)
        assert same(epochs(resumed, 3), expected)
        assert resumed.repeats == sampler.repeats

    def test_classes_with_fewer_pictures_than_k_and_fewer_classes_than_p_are_no_error(self, name: str) -> None:
        labels = [0, 0, 0, 1, 1]
        drawn = np.concatenate(epochs(make(name, labels=labels, classes=10, images=6), 20, labels))
        assert drawn.shape == (20, 12) and set(drawn.ravel().tolist()) == set(range(5))
