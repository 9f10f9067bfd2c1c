from __future__ import annotations

import torch

from imgsearch.training.miners.as_sampled import AsSampled


def mined(labels: list[int]) -> list[list[int]]:
    return [part.tolist() for part in AsSampled()(torch.zeros(len(labels), 2), torch.tensor(labels))]


def test_three_by_three_are_anchor_positive_and_negative() -> None:
    assert mined([0, 0, 1, 2, 2, 0]) == [[0, 3], [1, 4], [2, 5]]


def test_triplets_whose_labels_do_not_fit_are_left_out() -> None:
    assert mined([0, 1, 2, 0, 0, 0, 3, 3, 1]) == [[6], [7], [8]]


def test_what_is_left_at_the_end_is_no_triplet() -> None:
    assert mined([0, 0, 1, 0, 0]) == [[0], [1], [2]]
    assert mined([0, 0]) == [[], [], []]
