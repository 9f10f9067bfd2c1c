"""Offline mining against loops over the whole pool."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgsearch.errors import UserError
from imgsearch.training.samplers import offline
from imgsearch.training.samplers.base import Embeddings
from imgsearch.training.samplers.offline import OfflineSampler

LABELS = [0] * 10 + [1] * 7 + [2] * 5 + [3] * 2 + [4] * 12 + [5]
LONE = 36


def pool(seed: int = 0, spread: float = 1.0) -> Embeddings:
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(6, 8))[LABELS] + spread * generator.normal(size=(len(LABELS), 8))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def triplets(sampler: OfflineSampler) -> list[tuple[int, int, int]]:
    return [(a, p, n) for a, p, n in sampler.epoch().reshape(-1, 3).tolist()]


def squares(embeddings: Embeddings) -> npt.NDArray[np.float64]:
    difference = embeddings[:, None].astype(np.float64) - embeddings[None]
    return np.asarray((difference**2).sum(axis=2))


def strangers(anchor: int) -> list[int]:
    return [other for other in range(len(LABELS)) if LABELS[other] != LABELS[anchor]]


@pytest.mark.parametrize("options", [{}, {"hardness": "hard"}, {"hard_positives": True}])
@pytest.mark.parametrize("refreshed", [False, True])
def test_three_by_three_are_anchor_positive_and_negative(options: dict[str, Any], refreshed: bool) -> None:
    sampler = OfflineSampler(LABELS, 3, 4, seed=1, **options)
    if refreshed:
        sampler.refresh(pool())
    for anchor, positive, negative in triplets(sampler) + triplets(sampler):
        assert LABELS[anchor] == LABELS[positive] != LABELS[negative] and anchor != positive


def test_a_batch_is_rounded_down_to_whole_triplets_and_an_epoch_presents_about_all_pictures() -> None:
    assert OfflineSampler(LABELS, 5, 4).epoch().shape == (3, 18)  # 37 pictures in batches of 18 of 20
    assert OfflineSampler(LABELS, 2, 1).epoch().shape == (13, 3)


def test_no_picture_is_the_anchor_again_before_all_that_can_be_were() -> None:
    sampler = OfflineSampler(LABELS, 3, 4, seed=2)
    anchors = [anchor for _ in range(12) for anchor, _, _ in triplets(sampler)]
    for start in range(0, len(anchors) - LONE, LONE):
        assert sorted(anchors[start : start + LONE]) == list(range(LONE))


def test_before_the_first_refresh_positives_and_negatives_are_any() -> None:
    sampler = OfflineSampler(LABELS, 3, 4, seed=3)
    seen = [triplet for _ in range(600) for triplet in triplets(sampler)]
    positives = Counter(positive for anchor, positive, _ in seen if anchor == 12)
    negatives = Counter(negative for anchor, _, negative in seen if anchor == 12)
    assert set(positives) == set(range(10, 17)) - {12} and set(negatives) == set(strangers(12))
    assert min(positives.values()) > 15 and max(negatives.values()) < 25  # of about 216 draws of 6 and of 30


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("cells", [1, 100, 1 << 22])
def test_hard_negatives_are_the_nearest_not_the_farthest(
    seed: int, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline, "CELLS", cells)
    sampler = OfflineSampler(LABELS, 3, 4, seed=seed, hardness="hard")
    embeddings = pool(seed)
    sampler.refresh(embeddings)
    apart = squares(embeddings)
    for _ in range(3):
        for anchor, _, negative in triplets(sampler):
            assert negative == min(strangers(anchor), key=lambda other: apart[anchor, other])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("spread", [0.2, 1.0, 3.0])
@pytest.mark.parametrize("margin", [0.001, 0.2])
def test_semi_hard_negatives_lie_just_beyond_the_positive(seed: int, spread: float, margin: float) -> None:
    sampler = OfflineSampler(LABELS, 3, 4, seed=seed, margin=margin)
    embeddings = pool(seed, spread)
    sampler.refresh(embeddings)
    apart = squares(embeddings)
    for _ in range(3):
        for anchor, positive, negative in triplets(sampler):
            beyond = [other for other in strangers(anchor) if apart[anchor, other] > apart[anchor, positive]]
            band = [other for other in beyond if apart[anchor, other] < apart[anchor, positive] + margin]
            if band:
                assert negative in band
            elif beyond:
                assert negative == min(beyond, key=lambda other: apart[anchor, other])
            else:
                assert negative == max(strangers(anchor), key=lambda other: apart[anchor, other])


def test_semi_hard_negatives_are_drawn_from_all_of_their_band() -> None:
    angles = np.radians([0, 40, 41, 42, 43, 90])  # D²ap = 0.47, the next three below 0.67, the last 2
    embeddings = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    sampler = OfflineSampler([0, 0, 1, 1, 2, 2], 2, 3)
    sampler.refresh(embeddings)
    drawn = Counter(negative for _ in range(300) for anchor, _, negative in triplets(sampler) if anchor == 0)
    assert set(drawn) == {2, 3, 4} and min(drawn.values()) > 20


@pytest.mark.parametrize("seed", range(5))
def test_hard_positives_are_the_farthest_of_the_class(seed: int) -> None:
    sampler = OfflineSampler(LABELS, 3, 4, seed=seed, hard_positives=True)
    embeddings = pool(seed)
    sampler.refresh(embeddings)
    apart = squares(embeddings)
    for anchor, positive, _ in triplets(sampler):
        others = [other for other in range(len(LABELS)) if LABELS[other] == LABELS[anchor] and other != anchor]
        assert positive == max(others, key=lambda other: apart[anchor, other])


def test_another_hardness_is_refused() -> None:
    with pytest.raises(UserError, match="'hard' or 'semi_hard', not 'easy'"):
        OfflineSampler(LABELS, 3, 4, hardness="easy")


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2]])
def test_labels_of_which_no_triplet_can_be_made_are_refused(labels: list[int]) -> None:
    with pytest.raises(UserError, match="two classes"):
        OfflineSampler(labels, 3, 4)
