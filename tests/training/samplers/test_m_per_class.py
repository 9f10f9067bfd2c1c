from __future__ import annotations

import itertools
from collections import Counter

from imgsearch.training.samplers.m_per_class import MPerClassSampler

LABELS = [0] * 10 + [1] * 7 + [2] * 5 + [3] * 2 + [4] * 12


def test_every_batch_holds_p_different_classes_of_k_pictures() -> None:
    for batch in MPerClassSampler(LABELS, 3, 2, seed=1).epoch():
        assert sorted(Counter(LABELS[picture] for picture in batch).values()) == [2, 2, 2]


def test_no_class_comes_again_before_all_have_come() -> None:
    sampler = MPerClassSampler(LABELS, 2, 2, seed=1)
    order = [LABELS[pair[0]] for _ in range(20) for batch in sampler.epoch() for pair in batch.reshape(-1, 2)]
    rounds = [order[start : start + 5] for start in range(0, len(order) - 4, 5)]
    assert all(sorted(one) == [0, 1, 2, 3, 4] for one in rounds)


def test_no_picture_comes_again_before_all_of_its_class_have_come() -> None:
    sampler = MPerClassSampler(LABELS, 5, 2, seed=3)
    drawn = [picture for _ in range(30) for batch in sampler.epoch() for picture in batch if LABELS[picture] == 1]
    for start in range(0, len(drawn) - 7, 7):
        assert len(set(drawn[start : start + 7])) == 7


def test_an_epoch_is_as_long_as_the_pictures() -> None:
    assert len(list(MPerClassSampler(LABELS, 3, 2).epoch())) == MPerClassSampler(LABELS, 3, 2).batches_per_epoch == 6


def test_a_class_with_fewer_pictures_than_k_repeats_them_and_says_so() -> None:
    sampler = MPerClassSampler([0, 0, 0, 0, 1], 2, 4, seed=0)
    (first, *_) = sampler.epoch()
    assert Counter(first.tolist())[4] == 4
    assert sampler.repeats == 3 * sampler.batches_per_epoch


def test_more_classes_asked_for_than_there_are_takes_them_all() -> None:
    assert {len(batch) for batch in MPerClassSampler(LABELS, 100, 2).epoch()} == {10}


def test_the_same_seed_draws_the_same_epochs_and_another_seed_others() -> None:
    def draw(seed: int) -> list[int]:
        sampler = MPerClassSampler(LABELS, 3, 2, seed=seed)
        return list(itertools.chain.from_iterable(batch.tolist() for _ in range(3) for batch in sampler.epoch()))

    assert draw(7) == draw(7) != draw(8)


def test_by_size_an_epoch_shows_every_picture_of_unequal_classes_about_once() -> None:
    labels = [0] * 400 + [1] * 200 + [number for number in range(2, 42) for _ in range(10)]
    sampler = MPerClassSampler(labels, 2, 2, seed=2, by_size=True)
    shown = Counter(itertools.chain.from_iterable(batch.tolist() for _ in range(10) for batch in sampler.epoch()))
    assert set(shown) == set(range(1000))
    assert min(shown.values()) >= 8 and max(shown.values()) <= 12


def test_by_size_a_class_that_outweighs_all_others_is_in_nearly_each_batch_and_the_queue_does_not_grow() -> None:
    sampler = MPerClassSampler([0] * 1000 + [1] * 4 + [2] * 4, 2, 2, seed=2, by_size=True)
    of_others = [int((batch >= 1000).sum()) for _ in range(5) for batch in sampler.epoch()]
    assert of_others.count(2) > 0.9 * len(of_others)  # of four pictures; the other two are of the large class
    assert len(sampler.state()["classes"]) < 20
