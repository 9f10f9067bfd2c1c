"""Pairs without one class after the other, against counting them anew; and how often the intervals hold."""

from __future__ import annotations

from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgsearch.errors import UserError
from imgsearch.retrieval.jackknife import verification_intervals
from imgsearch.retrieval.pair_counts import PairCounts, all_pairs, pair_similarities
from imgsearch.retrieval.pair_groups import all_pair_groups, given_pair_groups
from imgsearch.retrieval.verification import verification, verification_chance

from .test_evaluation import Embeddings, Labels, labelled, normalised, unit_rows
from .test_verification import sets


def counts(pairs: PairCounts) -> dict[int, tuple[int, int]]:
    """Genuine pairs and impostors by similarity in steps of 2⁻¹², rounded down; none where there are none."""
    steps = np.floor(pairs.similarity * 2**12).astype(int).tolist()
    found: dict[int, tuple[int, int]] = {}
    for step, genuine, impostor in zip(steps, pairs.genuine.tolist(), pairs.impostor.tolist(), strict=True):
        before = found.get(step, (0, 0))
        found[step] = (before[0] + genuine, before[1] + impostor)
    return {step: both for step, both in found.items() if any(both)}


@settings(deadline=None, max_examples=60)
@given(sets())
def test_without_a_class_there_are_the_pairs_of_all_others(pictures: tuple[Embeddings, Labels]) -> None:
    embeddings, labels = pictures
    pairs, groups = all_pair_groups(embeddings, labels)
    whole = all_pairs(embeddings, labels)
    assert [pairs.genuine.tolist(), pairs.impostor.tolist()] == [whole.genuine.tolist(), whole.impostor.tolist()]
    assert counts(groups.pairs) == counts(whole)
    expected = []
    for label in set(labels.tolist()):
        one, other = np.triu_indices((labels != label).sum(), 1)
        rest, names = embeddings[labels != label], labels[labels != label]
        same = names[one] == names[other]
        steps = np.floor(np.rint(pair_similarities(rest[one], rest[other]) * 2**20) / 2**8).astype(int)
        genuine, impostors = Counter(steps[same].tolist()), Counter(steps[~same].tolist())
        expected.append({step: (genuine[step], impostors[step]) for step in {*genuine, *impostors}})
    found = [counts(groups.without(number)) for number in range(len(groups.genuine))]
    assert len(found) == len(expected)
    assert all(found.count(each) == expected.count(each) for each in expected)


@settings(deadline=None, max_examples=30)
@given(sets(), st.randoms(use_true_random=False))
def test_the_order_of_files_changes_no_interval(pictures: tuple[Embeddings, Labels], random: Random) -> None:
    embeddings, labels = pictures
    order = random.sample(range(len(labels)), len(labels))
    before = verification_intervals(*all_pair_groups(embeddings, labels))
    after = verification_intervals(*all_pair_groups(embeddings[order], labels[order] * 3 + 1))
    assert {name: pytest.approx(ends, abs=1e-9) for name, ends in before.items()} == after


def test_given_pairs_by_class_are_those_of_the_whole_set() -> None:
    embeddings, labels = labelled(np.random.default_rng(5), 60, 9, 9)
    one, other = np.triu_indices(60, 1)
    similarities, same = pair_similarities(embeddings[one], embeddings[other]), labels[one] == labels[other]
    given_pairs = given_pair_groups(similarities, same, np.column_stack([labels[one], labels[other]]))
    found, expected = verification_intervals(*given_pairs), verification_intervals(*all_pair_groups(embeddings, labels))
    for name, ends in expected.items():
        assert found[name] == pytest.approx(ends, abs=1e-9)


def test_many_classes_are_taken_together() -> None:
    rng, labels = np.random.default_rng(0), np.repeat(np.arange(500), 2)
    rows = normalised(unit_rows(rng, 1000, 8) + unit_rows(rng, 500, 8)[labels])
    pairs, groups = all_pair_groups(rows, labels)
    assert len(groups.genuine) == 200
    low, high = verification_intervals(pairs, groups)["roc_auc"]
    assert low < verification(pairs)["roc_auc"] < high < low + 0.1


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    found, intervals = [], []
    labels = np.repeat(np.arange(30), 6)
    for seed in range(100):
        rng = np.random.default_rng(seed)
        rows = normalised(1.5 * unit_rows(rng, 30, 12)[labels] + unit_rows(rng, 180, 12))
        pairs, groups = all_pair_groups(rows, labels)
        found.append(verification(pairs))
        intervals.append(verification_intervals(pairs, groups))
    for name in ("roc_auc", "eer", "pr_auc", "tar_at_far_0.01"):
        truth = np.mean([figures[name] for figures in found])
        held = sum(ends[name][0] <= truth <= ends[name][1] for ends in intervals)
        assert 88 <= held <= 100, name


def test_random_embeddings_score_chance_within_the_interval() -> None:
    labels = np.repeat(np.arange(30), 10)
    held: dict[str, int] = {}
    for seed in range(100):
        pairs, groups = all_pair_groups(unit_rows(np.random.default_rng(seed), 300, 16), labels)
        intervals, chance = verification_intervals(pairs, groups), verification_chance(pairs)
        for name in ("roc_auc", "pr_auc", "eer", "tar_at_far_0.1", "tar_at_far_0.01"):
            low, high = intervals.get(name, (0.0, 1.0))
            held[name] = held.get(name, 0) + (low <= chance[name] <= high)
    assert min(held.values()) >= 90, held


def test_what_cannot_be_told_has_no_interval() -> None:
    rows, labels = unit_rows(np.random.default_rng(0), 5, 3), np.array([0, 0, 1, 2, 3])
    assert verification_intervals(*all_pair_groups(rows, labels)) == {}
    labels = np.repeat(np.arange(30), 10)
    pairs, groups = all_pair_groups(unit_rows(np.random.default_rng(0), 300, 16), labels)
    missing = set(verification(pairs)) - set(verification_intervals(pairs, groups))
    assert missing == {"fpr95", "best_accuracy", "tar_at_far_0.001", "tar_at_far_0.0001"}


def test_the_interval_is_that_of_log_odds_by_hand() -> None:
    rng, labels = np.random.default_rng(0), np.repeat(np.arange(8), 5)
    rows = normalised(unit_rows(rng, 40, 8) + unit_rows(rng, 8, 8)[labels])
    pairs, groups = all_pair_groups(rows, labels)
    value = verification(pairs)["roc_auc"]
    areas = [verification(all_pairs(rows[labels != one], labels[labels != one]))["roc_auc"] for one in range(8)]
    odds = np.log(np.array(areas) / (1 - np.array(areas)))
    reach = 2.3646 * np.sqrt(7 / 8 * ((odds - odds.mean()) ** 2).sum())
    ends = 1 / (1 + np.exp(-(np.log(value / (1 - value)) + np.array([-reach, reach]))))
    assert verification_intervals(pairs, groups)["roc_auc"] == pytest.approx(ends, abs=1e-3)


def test_perfect_similarities_have_intervals_without_width() -> None:
    labels = np.repeat(np.arange(10), 4)
    intervals = verification_intervals(*all_pair_groups(np.eye(10)[labels], labels))
    assert intervals["roc_auc"] == (1, 1) and intervals["eer"] == (0, 0)


def test_mistakes_are_told() -> None:
    with pytest.raises(UserError, match="2 pairs of one class and 0 of two"):
        given_pair_groups(np.array([0.5, 0.25]), np.array([True, True]), np.array([[0, 1], [0, 2]]))
    with pytest.raises(UserError, match="length 2"):
        all_pair_groups(2 * np.eye(3), np.array([1, 1, 2]))
