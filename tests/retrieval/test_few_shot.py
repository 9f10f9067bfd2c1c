"""Few-shot episodes against loops, against all episodes there are, and against guessing."""

from __future__ import annotations

import itertools
import math
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgsearch.errors import UserError
from imgsearch.retrieval.bootstrap import interval
from imgsearch.retrieval.canonical import canonical_classes, canonical_order
from imgsearch.retrieval.episodes import draw_episodes
from imgsearch.retrieval.few_shot import few_shot

from . import naive
from .test_evaluation import DIRECTIONS, Embeddings, Labels, labelled, unit_rows


@st.composite
def sets(draw: st.DrawFn) -> tuple[Embeddings, Labels]:
    """Up to four classes of up to six pictures in few directions, full of ties; two classes have three or more."""
    count = draw(st.integers(8, 20))
    directions = draw(st.lists(st.integers(0, len(DIRECTIONS) - 1), min_size=count, max_size=count))
    labels = draw(st.lists(st.integers(5, 8), min_size=count, max_size=count))
    labels[:6] = [5, 5, 5, 6, 6, 6]
    return DIRECTIONS[directions], np.array(labels)


def told_right(shown: list[list[list[float]]], query: list[float], own: int) -> float:
    """1/m where m classes are nearest and the query's own is one of them, by loops."""
    keys = []
    for rows in shown:
        mean = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        length = math.sqrt(sum(x * x for x in mean))
        keys.append(naive.similarity_key([x / length if length > 0 else 0.0 for x in mean], query))
    return (keys[own] == max(keys)) / keys.count(max(keys))


@settings(deadline=None, max_examples=1000)
@given(sets(), st.integers(1, 2), st.integers(1, 4), st.integers(0, 3))
def test_every_episode_equals_a_loop_over_its_queries(
    pictures: tuple[Embeddings, Labels], shot: int, queries: int, seed: int
) -> None:
    embeddings, labels = pictures
    found = few_shot(embeddings, labels, 2, shot, queries=queries, episodes=6, seed=seed)
    classes = np.unique(labels, return_inverse=True)[1]
    members = [rows for rows in canonical_classes(classes, canonical_order(embeddings)[1]) if len(rows) > shot]
    drawn, real = draw_episodes(np.random.default_rng(seed).spawn(2), members, (6, 2, shot + queries))
    by_class: dict[int, list[float]] = {}
    for episode, there, accuracy in zip(drawn, real, found.accuracies, strict=True):
        shown = [embeddings[rows[:shot]].tolist() for rows in episode]
        right = []
        for own in (0, 1):
            (label,) = set(labels[episode[own][there[own]]].tolist())
            for row in episode[own][shot:][there[own][shot:]]:
                right.append(told_right(shown, embeddings[row].tolist(), own))
                by_class.setdefault(label, []).append(right[-1])
        assert accuracy == pytest.approx(sum(right) / len(right), abs=1e-12)
    asked = [label for label in np.unique(labels) if label in by_class]
    sums = [total for total, count in zip(found.by_class.sums, found.by_class.queries, strict=True) if count]
    assert sums == pytest.approx([sum(by_class[label]) for label in asked])


@settings(deadline=None, max_examples=100)
@given(sets(), st.randoms(use_true_random=False))
def test_neither_the_order_of_files_nor_the_names_of_classes_change_a_bit(
    pictures: tuple[Embeddings, Labels], random: Random
) -> None:
    embeddings, labels = pictures
    order = random.sample(range(len(labels)), len(labels))
    names = np.array(random.sample(range(100), 10))
    before = few_shot(embeddings, labels, 2, 2, queries=2, episodes=20)
    after = few_shot(embeddings[order], names[labels[order]], 2, 2, queries=2, episodes=20)
    assert after.accuracies.tolist() == before.accuracies.tolist()
    assert after.interval == before.interval


def test_an_episode_has_different_classes_and_different_pictures_each_as_often() -> None:
    members = [np.arange(start, start + size) for start, size in ((0, 3), (3, 5), (8, 9), (17, 4))]
    drawn, real = draw_episodes(np.random.default_rng(0).spawn(2), members, (4000, 3, 4))
    assert not real[drawn[:, :, 0] < 3][:, 3].any() and real[drawn[:, :, 0] >= 3].all()
    for episode, there in zip(drawn[:200], real, strict=False):
        rows = episode[there].tolist()
        assert len(set(rows)) == len(rows)
        assert len({next(i for i, each in enumerate(members) if row in each) for row in episode[:, 0]}) == 3
    shown = np.bincount(drawn[:, :, 0].ravel(), minlength=21)
    expected = [4000 * 3 / 4 / len(rows) for rows in members for _ in rows]
    assert shown.tolist() == pytest.approx(expected, rel=0.15)


def test_episodes_drawn_in_parts_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings, labels = labelled(np.random.default_rng(0), 200, 8, 6)
    whole = few_shot(embeddings, labels, 4, 2, episodes=50)
    monkeypatch.setattr("imgsearch.retrieval.few_shot.BLOCK", 5000)
    assert few_shot(embeddings, labels, 4, 2, episodes=50).accuracies.tolist() == whole.accuracies.tolist()


def test_the_mean_is_that_over_all_episodes_there_are() -> None:
    rng = np.random.default_rng(1)
    embeddings, labels = unit_rows(rng, 8, 3), np.repeat([0, 1], 4)
    exact = [
        told_right([[embeddings[a].tolist()], [embeddings[b].tolist()]], embeddings[row].tolist(), int(row > 3))
        for a, b in itertools.product(range(4), range(4, 8))
        for row in set(range(8)) - {a, b}
    ]
    found = few_shot(embeddings, labels, 2, 1, queries=3, episodes=20000)
    assert found.mean == pytest.approx(np.mean(exact), abs=0.005)
    low, high = found.interval
    half = 1.96 * found.accuracies.std(ddof=1) / math.sqrt(20000)
    assert (low, high) == pytest.approx((found.mean - half, found.mean + half))


@pytest.mark.parametrize("way", range(2, 21))
@pytest.mark.parametrize("shot", [1, 5])
def test_identical_embeddings_score_exactly_chance(way: int, shot: int) -> None:
    labels = np.repeat(np.arange(20), 9)
    embeddings = np.tile(unit_rows(np.random.default_rng(0), 1, 33), (180, 1))
    found = few_shot(embeddings, labels, way, shot, episodes=60)
    assert found.mean == found.chance
    assert set(found.accuracies.tolist()) == {1 / way}


def test_random_embeddings_score_chance_within_the_interval_over_classes() -> None:
    within = 0
    for seed in range(100):
        embeddings, labels = unit_rows(np.random.default_rng(seed), 600, 16), np.repeat(np.arange(30), 20)
        low, high = interval(few_shot(embeddings, labels, 5, 1, episodes=300, seed=seed).by_class)
        within += low <= 1 / 5 <= high
    assert within >= 90


def test_perfect_embeddings_are_always_told() -> None:
    labels = np.repeat(np.arange(6), 4)
    found = few_shot(np.eye(6, dtype=np.float32)[labels], labels, 5, 1, episodes=10)
    assert found.mean == 1 and found.interval == (1, 1)


def test_small_classes_are_left_out_and_counted() -> None:
    labels = np.array([0] * 4 + [1] * 4 + [2] * 2 + [3])
    found = few_shot(unit_rows(np.random.default_rng(0), 11, 5), labels, 2, 2, episodes=10)
    assert found.left_out == 2
    assert found.by_class.queries.tolist() == [20, 20, 0, 0]


def test_mistakes_are_told() -> None:
    embeddings, labels = np.eye(6), np.array([0, 0, 0, 1, 1, 1])
    with pytest.raises(UserError, match=r"more shots than pictures: 2-way 3-shot takes 2 classes of 4 .* 0 of 2"):
        few_shot(embeddings, labels, 2, 3)
    with pytest.raises(UserError, match="3-way 1-shot takes 3 classes of 2"):
        few_shot(embeddings, labels, 3, 1)
    with pytest.raises(UserError, match="length 2"):
        few_shot(2 * embeddings, labels, 2, 1)
    for wrong in ({"way": 1}, {"shot": 0}, {"queries": 0}, {"episodes": 0}):
        with pytest.raises(ValueError, match="an episode takes"):
            few_shot(embeddings, labels, **{"way": 2, "shot": 1, **wrong})
