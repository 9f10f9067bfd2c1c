"""Cross-modal loss against loops, hand-made captions, and cross-entropy both ways."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from imgsearch.training.losses.cross_modal import CrossModalLoss
from tests.training.losses.helpers import CLASSES, DIMENSION, LABELS, batch

DOMAIN = torch.tensor([0, 1, 1, 0, 1, 0, 0, 1, 1, 0])


def directed(loss: CrossModalLoss, rows: Tensor, anchors: list[int], others: list[int]) -> list[float]:
    """One value for each pair of an anchor and a positive, from one list of pictures to another."""
    values = []
    for a in anchors:
        crowd = [float(rows[a] @ rows[n]) for n in others if LABELS[n] != LABELS[a]]
        for p in others:
            if p == a or LABELS[p] != LABELS[a]:
                continue
            near = float(rows[a] @ rows[p])
            if loss.infonce:
                weights = [math.exp(s / loss.temperature) for s in (near, *crowd)]
                values.append(-math.log(weights[0] / sum(weights)))
            else:
                terms = [max(0.0, far - near + loss.margin) for far in crowd]
                values.append(max(terms) if loss.hardest else sum(terms))
    return values


def naive(loss: CrossModalLoss, rows: Tensor) -> float:
    first, second = ([i for i in range(10) if DOMAIN[i] == which] for which in (0, 1))
    ways = [directed(loss, rows, first, second), directed(loss, rows, second, first)]
    total = sum(sum(way) / len(way) for way in ways) * (0.5 if loss.infonce else 1.0)
    within = directed(loss, rows, first, first) + directed(loss, rows, second, second)
    return total + loss.within_domain * sum(within) / len(within)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"hardest": True, "margin": 0.4},
        {"infonce": True},
        {"within_domain": 0.3},
        {"within_domain": 2.0, "infonce": True},
    ],
)
def test_it_equals_a_sum_over_loops(seed: int, options: dict[str, Any]) -> None:
    loss, rows = CrossModalLoss(CLASSES, DIMENSION, **options), batch(seed, torch.float64)
    assert loss(rows, LABELS, domain=DOMAIN).item() == pytest.approx(naive(loss, rows), rel=1e-10)


def test_two_captions_of_one_picture_are_no_negatives() -> None:
    # A picture (1, 0) with captions (1, 0) and (0, 1), and nothing else: whatever the captions' similarities, only
    # positives are left, and every variant is 0.
    rows = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    labels, domain = torch.tensor([0, 0, 0]), torch.tensor([0, 1, 1])
    for options in ({}, {"hardest": True}, {"infonce": True}, {"within_domain": 1.0}):
        assert CrossModalLoss(2, 2, **options)(rows, labels, domain=domain).item() == 0.0


@pytest.mark.parametrize(("hardest", "expected"), [(False, 6.1), (True, 4.4)])
def test_hand_made_captions(hardest: bool, expected: float) -> None:
    # Pictures x = 0°, y = 90°; captions c = 90° of x, d = 0° of y, e = 90° of neither; m = 1.2; S(a, p) = 0 throughout.
    # x → c: d gives 1 − 0 + 1.2 = 2.2 and e gives 0 − 0 + 1.2 = 1.2: 3.4 summed, 2.2 the hardest.
    # y → d: c and e give 2.2 each: 4.4 summed, 2.2 the hardest. L₁ = 3.9 or 2.2.
    # c → x: y gives 2.2; d → y: x gives 2.2; e has no picture. L₂ = 2.2.
    rows = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    labels, domain = torch.tensor([0, 1, 0, 1, 2]), torch.tensor([0, 0, 1, 1, 1])
    loss = CrossModalLoss(3, 2, margin=1.2, hardest=hardest)
    assert loss(rows, labels, domain=domain).item() == pytest.approx(expected)


def test_with_one_caption_a_picture_infonce_is_cross_entropy_both_ways() -> None:
    rows = functional.normalize(torch.randn(8, 5, generator=torch.Generator().manual_seed(0)), dim=1)
    labels, domain = torch.arange(4).repeat(2), torch.arange(8) // 4
    logits = rows[:4] @ rows[4:].T / 0.1
    expected = (functional.cross_entropy(logits, labels[:4]) + functional.cross_entropy(logits.T, labels[:4])) / 2
    loss = CrossModalLoss(4, 5, infonce=True, temperature=0.1)
    assert loss(rows, labels, domain=domain).item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_classification_term_is_cross_entropy_of_its_own_layer() -> None:
    torch.manual_seed(0)
    plain, loss = CrossModalLoss(CLASSES, DIMENSION), CrossModalLoss(CLASSES, DIMENSION, classification=0.5)
    assert not list(plain.parameters()) and loss.classifier is not None
    rows = batch(0)
    extra = 0.5 * functional.cross_entropy(loss.classifier(rows), LABELS)
    assert (loss(rows, LABELS, domain=DOMAIN) - plain(rows, LABELS, domain=DOMAIN)).item() == pytest.approx(
        extra.item(), rel=1e-5
    )


@pytest.mark.parametrize("options", [{}, {"hardest": True}, {"infonce": True}, {"within_domain": 1.0}])
def test_pictures_of_one_domain_only_or_without_negatives_are_finite(options: dict[str, Any]) -> None:
    for labels, domain in [([0, 0, 1], [0, 0, 0]), ([0, 0, 0], [0, 1, 1]), ([0, 0, 1], [0, 1, 1]), ([0], [1])]:
        rows = batch(0)[: len(labels)].requires_grad_()
        value = CrossModalLoss(2, DIMENSION, **options)(rows, torch.tensor(labels), domain=torch.tensor(domain))
        torch.autograd.backward(value)
        assert rows.grad is not None and torch.isfinite(rows.grad).all() and torch.isfinite(value)
