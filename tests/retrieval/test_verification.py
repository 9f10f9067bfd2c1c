"""Verification against scikit-learn and loops over all thresholds, and pairs counted one by one."""

from __future__ import annotations

import itertools
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from imgsearch.errors import UserError
from imgsearch.retrieval.pair_counts import PairCounts, all_pairs, pair_similarities
from imgsearch.retrieval.verification import FALSE_ACCEPT_RATES, roc, verification, verification_chance

from . import naive
from .test_evaluation import DIRECTIONS, Embeddings, Labels, labelled, unit_rows

Pairs = list[tuple[float, bool]]


@st.composite
def given_pairs(draw: st.DrawFn) -> Pairs:
    """Pairs of both kinds, with many equal similarities."""
    likely = draw(st.integers(1, 9))
    pairs = draw(
        st.lists(st.tuples(st.integers(-4, 8).map(lambda step: step / 8), st.integers(0, 9)), min_size=2, max_size=60)
    )
    same = [lot < likely for _, lot in pairs]
    same[:2] = [True, False]
    return [(similarity, one) for (similarity, _), one in zip(pairs, same, strict=True)]


def counted(pairs: Pairs) -> PairCounts:
    return PairCounts.of_pairs(np.array([value for value, _ in pairs]), np.array([same for _, same in pairs]))


def points(pairs: Pairs) -> list[tuple[Fraction, Fraction]]:
    """(FAR, TAR) of every threshold, by a loop."""
    genuine, impostors = ([value for value, same in pairs if same == one] for one in (True, False))
    return [
        (
            Fraction(sum(value >= threshold for value in impostors), len(impostors)),
            Fraction(sum(value >= threshold for value in genuine), len(genuine)),
        )
        for threshold in [2.0, *sorted({value for value, _ in pairs}, reverse=True)]
    ]


def crossing(line: list[tuple[Fraction, Fraction]], at: Fraction) -> list[Fraction]:
    """All y that a line of points, straight in between, passes at x = `at`: the ends of each piece that it crosses."""
    found = []
    for (x0, y0), (x1, y1) in itertools.pairwise(line):
        if x0 <= at <= x1:
            found += [y0, y1] if x0 == x1 else [y0 + (at - x0) / (x1 - x0) * (y1 - y0)]
    return found


def naive_figures(pairs: Pairs) -> dict[str, float]:
    line = points(pairs)
    genuine = [value for value, same in pairs if same]
    impostors = [value for value, same in pairs if not same]
    wins = sum(Fraction((one > other) * 2 + (one == other), 2) for one in genuine for other in impostors)
    turned = [(far + tar - 1, far) for far, tar in line]
    thresholds = [2.0, *(value for value, _ in pairs)]
    figures = {
        "roc_auc": wins / (len(genuine) * len(impostors)),
        "eer": min(crossing(turned, Fraction(0))),
        "fpr95": min(crossing([(tar, far) for far, tar in line], Fraction(95, 100))),
        "best_accuracy": max(
            Fraction(sum((value >= threshold) == same for value, same in pairs), len(pairs)) for threshold in thresholds
        ),
    }
    for rate in FALSE_ACCEPT_RATES:
        if rate * len(impostors) >= 1:
            figures[f"tar_at_far_{rate:g}"] = max(crossing(line, Fraction(rate).limit_denominator(10**6)))
    return {name: float(value) for name, value in figures.items()}


@settings(deadline=None, max_examples=1000)
@given(given_pairs())
def test_the_figures_equal_scikit_learns_and_a_loop_over_thresholds(pairs: Pairs) -> None:
    figures = verification(counted(pairs))
    same, similarities = [one for _, one in pairs], [value for value, _ in pairs]
    assert figures["roc_auc"] == pytest.approx(roc_auc_score(same, similarities), abs=1e-12)
    assert figures.pop("pr_auc") == pytest.approx(average_precision_score(same, similarities), abs=1e-12)
    assert figures == pytest.approx(naive_figures(pairs), abs=1e-12)


@settings(deadline=None, max_examples=50)
@given(given_pairs())
def test_the_curve_has_scikit_learns_points(pairs: Pairs) -> None:
    curve = roc(counted(pairs))
    far, tar, thresholds = roc_curve(
        [same for _, same in pairs], [value for value, _ in pairs], drop_intermediate=False
    )
    assert curve.far.tolist() == pytest.approx(far.tolist())
    assert curve.tar.tolist() == pytest.approx(tar.tolist())
    assert curve.threshold.tolist() == pytest.approx(thresholds.tolist())


def test_a_thinned_curve_is_part_of_the_whole_and_reaches_its_ends() -> None:
    embeddings, labels = labelled(np.random.default_rng(0), 300, 10, 8)
    curve = roc(all_pairs(embeddings, labels))
    thin = curve.thinned(60)
    assert 30 < len(thin.threshold) <= 63 < len(curve.threshold)
    whole = set(zip(curve.far.tolist(), curve.tar.tolist(), curve.precision.tolist(), strict=True))
    assert set(zip(thin.far.tolist(), thin.tar.tolist(), thin.precision.tolist(), strict=True)) <= whole
    assert (thin.far[0], thin.tar[0], thin.far[-1], thin.tar[-1]) == (0, 0, 1, 1)
    area = np.sum(np.diff(thin.far) * (thin.tar[1:] + thin.tar[:-1]) / 2)
    assert area == pytest.approx(verification(all_pairs(embeddings, labels))["roc_auc"], abs=0.01)


@st.composite
def sets(draw: st.DrawFn) -> tuple[Embeddings, Labels]:
    """Few directions, so that similarities tie; some classes have one picture."""
    count = draw(st.integers(3, 30))
    directions = draw(st.lists(st.integers(0, 4), min_size=count, max_size=count))
    labels = draw(st.lists(st.integers(-1, 5), min_size=count, max_size=count))
    labels[:3] = [0, 0, 1]
    return DIRECTIONS[directions], np.array(labels)


def loop_over_pairs(embeddings: Embeddings, labels: Labels) -> dict[int, list[int]]:
    counts: dict[int, list[int]] = {}
    for one, other in itertools.combinations(range(len(labels)), 2):
        key = naive.similarity_key(embeddings[one].tolist(), embeddings[other].tolist())
        counts.setdefault(key, [0, 0])[int(labels[one] != labels[other])] += 1
    return counts


@settings(deadline=None, max_examples=60)
@given(sets(), st.randoms(use_true_random=False))
def test_all_pairs_are_counted_once_in_whatever_order(pictures: tuple[Embeddings, Labels], random: Random) -> None:
    embeddings, labels = pictures
    order = random.sample(range(len(labels)), len(labels))
    for rows in (list(range(len(labels))), order):
        pairs = all_pairs(embeddings[rows], labels[rows])
        found = zip(pairs.similarity * 2**20, zip(pairs.genuine, pairs.impostor, strict=True), strict=True)
        expected = loop_over_pairs(embeddings, labels)
        assert {int(key): [int(number) for number in numbers] for key, numbers in found} == expected
        assert sorted(pairs.similarity.tolist(), reverse=True) == pairs.similarity.tolist()


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings, labels = labelled(np.random.default_rng(3), 90, 8, 4)
    whole = all_pairs(embeddings, labels)
    assert verification(whole) == verification(all_pairs(embeddings, labels + 5))
    monkeypatch.setattr("imgsearch.retrieval.pair_counts.BLOCK", 200)
    parts = all_pairs(embeddings, labels)
    assert (parts.genuine.tolist(), parts.impostor.tolist()) == (whole.genuine.tolist(), whole.impostor.tolist())


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 5), min_size=3, max_size=60))
def test_identical_embeddings_score_exactly_chance(labels: list[int]) -> None:
    labels[:3] = [0, 0, 1]
    embeddings = np.tile(unit_rows(np.random.default_rng(0), 1, 33), (len(labels), 1))
    pairs = all_pairs(embeddings, np.array(labels))
    figures = verification(pairs)
    assert figures == verification_chance(pairs)
    share = pairs.genuine.sum() / (pairs.genuine.sum() + pairs.impostor.sum())
    by_hand = {"roc_auc": 0.5, "eer": 0.5, "fpr95": 0.95, "pr_auc": share, "best_accuracy": max(share, 1 - share)}
    by_hand |= {name: float(name.rpartition("_")[2]) for name in figures if name.startswith("tar_at_far")}
    assert figures == pytest.approx(by_hand, abs=1e-12)


def test_perfect_similarities_make_no_error() -> None:
    labels = np.repeat(np.arange(50), 4)
    figures = verification(all_pairs(np.eye(50, dtype=np.float32)[labels], labels))
    errors = {"eer": 0, "fpr95": 0}
    assert figures == {name: errors.get(name, 1) for name in figures}
    assert set(figures) >= {"tar_at_far_0.1", "tar_at_far_0.0001"}


def test_pairs_given_one_by_one_are_those_of_the_whole_set() -> None:
    embeddings, labels = labelled(np.random.default_rng(5), 40, 6, 9)
    one, other = np.triu_indices(40, 1)
    given = PairCounts.of_pairs(pair_similarities(embeddings[one], embeddings[other]), labels[one] == labels[other])
    assert verification(given) == verification(all_pairs(embeddings, labels))


def test_mistakes_are_told() -> None:
    similarities = np.array([0.5, 0.25])
    with pytest.raises(UserError, match="2 pairs of one class and 0 of two"):
        PairCounts.of_pairs(similarities, np.array([True, True]))
    with pytest.raises(UserError, match="not finite"):
        PairCounts.of_pairs(np.array([0.5, np.nan]), np.array([True, False]))
    with pytest.raises(ValueError, match="give each pair one"):
        PairCounts.of_pairs(similarities, np.array([True]))
    with pytest.raises(UserError, match="3 pairs of one class and 0 of two"):
        all_pairs(np.eye(3), np.array([1, 1, 1]))
    with pytest.raises(UserError, match="length 2"):
        all_pairs(2 * np.eye(3), np.array([1, 1, 2]))
