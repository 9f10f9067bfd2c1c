"""Ordered quadruplet loss against loops and a hand-made track."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from imgsearch.training.losses.ordered_quadruplet import OrderedQuadrupletLoss
from tests.training.losses.helpers import LABELS, batch


def naive(loss: OrderedQuadrupletLoss, rows: Tensor, order: Tensor, sequence: list[int] | None = None) -> float:
    count, in_order, in_class = len(rows), [], {}
    sequence = sequence or [0] * len(rows)

    def against_strangers(a: int, far: int) -> None:
        for n in range(count):
            if LABELS[n] != LABELS[a]:
                in_class[a, far, n] = max(0.0, square(a, far) - square(a, n) + loss.margin_class)

    def square(i: int, j: int) -> float:
        return float((rows[i] - rows[j]).square().sum())

    for a in range(count):
        own = [i for i in range(count) if i != a and LABELS[i] == LABELS[a]]
        for far in own:
            if sequence[far] != sequence[a]:
                against_strangers(a, far)
                continue
            for near in own:
                if sequence[near] == sequence[a] and abs(order[near] - order[a]) < abs(order[far] - order[a]):
                    in_order.append(max(0.0, square(a, near) - square(a, far) + loss.margin_order))
                    against_strangers(a, far)
    means = [sum(terms) / max(1, sum(term > 0 for term in terms)) for terms in (in_order, list(in_class.values()))]
    return loss.weight_order * means[0] + loss.weight_class * means[1]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("options", [{}, {"margin_order": 0.3, "margin_class": 0.7, "weight_order": 2.0}])
@pytest.mark.parametrize("order", [list(range(10)), [3, 1, 2, 5, 4, 9, 6, 6, 8, 0], [0.5, 0.1, 0.9] + [0.25] * 7])
def test_it_equals_a_sum_over_loops(seed: int, options: dict[str, float], order: list[float]) -> None:
    loss, rows = OrderedQuadrupletLoss(**options), batch(seed, torch.float64)
    value = loss(rows, LABELS, order=torch.tensor(order))
    assert value.item() == pytest.approx(naive(loss, rows, torch.tensor(order)), rel=1e-10)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sequence", [[0] * 10, [0, 0, 1, 0, 1, 1, 0, 2, 0, 2], list(range(10))])
def test_frames_of_different_sequences_have_no_order(seed: int, sequence: list[int]) -> None:
    loss, rows = OrderedQuadrupletLoss(margin_order=0.3, margin_class=0.7), batch(seed, torch.float64)
    order = torch.tensor([0, 1, 0, 2, 1, 2, 3, 0, 4, 1])
    value = loss(rows, LABELS, order=order, sequence=torch.tensor(sequence))
    assert value.item() == pytest.approx(naive(loss, rows, order, sequence), rel=1e-10)
    if len(set(sequence)) == 1:
        assert value == loss(rows, LABELS, order=order)


def test_a_hand_made_track_of_three_frames_and_a_stranger() -> None:
    # Frames 0, 1, 3 of a track at x = 0, 1, 0.5 and a stranger at x = 1 (unit length plays no part in the arithmetic).
    # Order, δ₁ = 0.1: from frame 0: 1 − 0.25 + 0.1 = 0.85; from 1: 1 − 0.25 + 0.1 = 0.85 (0 is nearer than 3);
    # from 3 (1 is nearer than 0): 0.25 − 0.25 + 0.1 = 0.1. Mean 0.6.
    # Class, δ₂ = 0.2, against the stranger: from 0, t₂ = 3: 0.25 − 1 + 0.2 < 0; from 1, t₂ = 3: 0.25 − 0 + 0.2 = 0.45;
    # from 3, t₂ = 0: 0.25 − 0.25 + 0.2 = 0.2. Mean of the two above zero: 0.325.
    rows = torch.tensor([[0.0], [1.0], [0.5], [1.0]], dtype=torch.float64)
    labels, order = torch.tensor([0, 0, 0, 1]), torch.tensor([0, 1, 3, 0])
    loss = OrderedQuadrupletLoss(margin_order=0.1, margin_class=0.2, weight_order=1.0, weight_class=10.0)
    assert loss(rows, labels, order=order).item() == pytest.approx(0.6 + 3.25)
    assert loss.active is not None and loss.active.item() == pytest.approx(5 / 6)


def test_pictures_equally_far_in_time_have_no_order() -> None:
    value = OrderedQuadrupletLoss()(batch(0), LABELS, order=torch.zeros(10))
    assert value.item() == 0.0


def test_the_order_may_be_of_any_number_type() -> None:
    values = [
        OrderedQuadrupletLoss()(batch(0), LABELS, order=torch.arange(10).to(dtype)).item()
        for dtype in (torch.int32, torch.int64, torch.float32, torch.float64)
    ]
    assert len(set(values)) == 1
