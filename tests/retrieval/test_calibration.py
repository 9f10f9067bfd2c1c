"""Thresholds found on one half of the classes, against loops over pairs and the promise on the other half."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgsearch.errors import UserError
from imgsearch.retrieval.calibration import Rates, calibrate, halves
from imgsearch.retrieval.pair_counts import pair_similarities

from .test_evaluation import DIRECTIONS, Embeddings, Labels, labelled, normalised, unit_rows

Half = list[tuple[float, bool]]


def pairs_of(embeddings: Embeddings, labels: Labels) -> Half:
    one, other = np.array(list(itertools.combinations(range(len(labels)), 2))).T
    similarities = np.rint(pair_similarities(embeddings[one], embeddings[other]) * 2**20) / 2**20
    return list(zip(similarities.tolist(), (labels[one] == labels[other]).tolist(), strict=True))


def naive_rates(pairs: Half, threshold: float) -> tuple[float, float, float]:
    """False accept rate, true accept rate, precision."""
    accepted = [same for similarity, same in pairs if similarity >= threshold]
    genuine = sum(same for _, same in pairs)
    far = accepted.count(False) / (len(pairs) - genuine)
    return far, sum(accepted) / genuine, sum(accepted) / len(accepted) if accepted else 1.0


def rates_of(rates: Rates) -> tuple[float, float, float]:
    return rates.far, rates.tar, rates.precision


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10**6), st.sampled_from([0.05, 0.2, 0.5]), st.booleans(), st.booleans(), st.integers(8, 30))
def test_the_threshold_is_the_lowest_that_does_and_its_rates_are_those_of_a_loop(
    seed: int, rate: float, by_precision: bool, tied: bool, count: int
) -> None:
    rng = np.random.default_rng(seed)
    embeddings, labels = labelled(rng, count, 6, 4)
    labels[:6] = [0, 0, 1, 1, 2, 3]
    if tied:
        embeddings = DIRECTIONS[rng.integers(0, len(DIRECTIONS), count)]
    first, second = (pairs_of(embeddings[half], labels[half]) for half in halves(embeddings, labels))

    def good(threshold: float) -> bool:
        far, tar, precision = naive_rates(first, threshold)
        return tar > 0 and precision >= rate if by_precision else far <= rate

    candidates = sorted({similarity for similarity, _ in first})
    promised = [threshold for threshold in candidates if good(threshold)]
    enough = by_precision or rate * sum(not same for _, same in first) >= 1
    far, precision = (None, rate) if by_precision else (rate, None)
    if not promised or not enough:
        with pytest.raises(UserError, match=r"no threshold|takes"):
            calibrate(embeddings, labels, far=far, precision=precision)
        return
    found = calibrate(embeddings, labels, far=far, precision=precision)
    below = [similarity for similarity in candidates if similarity < promised[0]]
    assert found.threshold == pytest.approx((promised[0] + (below[-1] if below else -1)) / 2, abs=1e-12)
    assert rates_of(found.found) == pytest.approx(naive_rates(first, promised[0]), abs=1e-12)
    assert rates_of(found.verified) == pytest.approx(naive_rates(second, found.threshold), abs=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_neither_the_order_of_files_nor_the_names_of_classes_change_a_bit(seed: int, random: Random) -> None:
    embeddings, labels = labelled(np.random.default_rng(seed), 40, 8, 4)
    labels[:4] = [0, 0, 1, 1]
    labels[4:6] = [2, 3]
    order = random.sample(range(40), 40)
    names = np.array(random.sample(range(100), 10))
    moved = calibrate(embeddings[order], names[labels[order]], far=0.1)
    assert moved == calibrate(embeddings, labels, far=0.1)


def test_the_promise_holds_on_classes_that_had_no_say() -> None:
    rng, labels = np.random.default_rng(0), np.repeat(np.arange(200), 10)
    embeddings = normalised(unit_rows(rng, 2000, 16) + unit_rows(rng, 200, 16)[labels])
    for far in (0.1, 0.01, 0.001):
        found = calibrate(embeddings, labels, far=far)
        assert found.found.far <= far
        assert found.verified.far == pytest.approx(far, rel=0.3)
        assert found.verified.tar > 2 * found.verified.far
    found = calibrate(embeddings, labels, precision=0.5)
    assert found.found.precision >= 0.5
    assert found.verified.precision == pytest.approx(0.5, abs=0.15)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 9), min_size=8, max_size=60), st.integers(0, 9))
def test_the_halves_share_no_class_and_lack_no_picture(labels: list[int], seed: int) -> None:
    labels[:8] = [0, 0, 1, 1, 2, 2, 3, 4]
    embeddings = unit_rows(np.random.default_rng(seed), len(labels), 5)
    first, second = halves(embeddings, np.array(labels), seed)
    assert sorted([*first, *second]) == list(range(len(labels)))
    one, other = ({labels[row] for row in half} for half in (first, second))
    assert not one & other and abs(len(one) - len(other)) <= 1


def test_expected_errors_by_hand() -> None:
    rates = Rates(far=0.1, tar=0.7, precision=0.5, genuine=10, impostors=70)
    assert rates.error == pytest.approx((0.1 + 0.3) / 2)
    assert rates.error_if_same == pytest.approx(1 / 8)
    assert rates.error_if_different == pytest.approx(0.3 / (0.3 + 0.9))


def test_mistakes_are_told() -> None:
    embeddings, labels = labelled(np.random.default_rng(0), 60, 8, 4)
    labels[:8] = np.repeat(np.arange(4), 2)
    with pytest.raises(UserError, match=r"0\.0001 takes 10000 pairs of different classes in each half"):
        calibrate(embeddings, labels, far=1e-4)
    with pytest.raises(UserError, match=r"3 classes, 3 of two pictures or more, are too few"):
        calibrate(np.eye(6), np.array([0, 0, 1, 1, 2, 2]), far=0.5)
    with pytest.raises(UserError, match=r"5 classes, 1 of two pictures or more, are too few"):
        calibrate(np.eye(6), np.array([0, 0, 1, 2, 3, 4]), far=0.5)
    same = np.tile(embeddings[:1], (60, 1))
    with pytest.raises(UserError, match=r"no threshold keeps to a false accept rate of 0\.1: 1 of the pairs"):
        calibrate(same, labels, far=0.1)
    with pytest.raises(UserError, match=r"no threshold reaches a precision of 0\.9: the highest is 0"):
        calibrate(same, labels, precision=0.9)
    for far, precision in ((None, None), (0.1, 0.9), (0.0, None), (None, 1.0)):
        with pytest.raises(ValueError, match="above 0 and below 1"):
            calibrate(embeddings, labels, far=far, precision=precision)
