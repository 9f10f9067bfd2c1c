"""Prototypical loss against loops over left-out pictures, and a hand-made episode."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from imgsearch.training.losses.prototypical import PrototypicalLoss
from tests.training.losses.helpers import LABELS, batch


def naive(rows: Tensor, cosine: bool, temperature: float) -> float:
    if cosine:
        rows = functional.normalize(rows, dim=1)
    terms = []
    for query, label in enumerate(LABELS.tolist()):
        logits = {}
        for other in set(LABELS.tolist()):
            support = [i for i in range(len(rows)) if LABELS[i] == other and i != query]
            if support:
                mean = rows[support].mean(dim=0)
                if cosine:
                    logits[other] = float(rows[query] @ mean / mean.norm()) / temperature
                else:
                    logits[other] = -float((rows[query] - mean).square().sum()) / temperature
        if label in logits:
            terms.append(math.log(sum(math.exp(logit) for logit in logits.values())) - logits[label])
    return sum(terms) / len(terms)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("cosine", [False, True])
@pytest.mark.parametrize("temperature", [1.0, 0.2])
def test_it_equals_a_sum_over_loops(seed: int, cosine: bool, temperature: float) -> None:
    rows = batch(seed, torch.float64, length=None)
    value = PrototypicalLoss(cosine, temperature)(rows, LABELS)
    assert value.item() == pytest.approx(naive(rows, cosine, temperature), rel=1e-10)


def test_a_hand_made_episode_with_a_lone_class() -> None:
    # Class 0 at 0 and 1, class 1 at 3 and 4, a lone picture at −2. Each query's own mean is the other picture, 1 away.
    # 0: to 3.5 and −2 it is 12.25 and 4; 1: 6.25 and 9; 3: to 0.5 and −2: 6.25 and 25; 4: 12.25 and 36.
    rows, labels = (
        torch.tensor([[0.0], [1.0], [3.0], [4.0], [-2.0]], dtype=torch.float64),
        torch.tensor([0, 0, 1, 1, 2]),
    )
    expected = 0.0
    for first, second in [(12.25, 4), (6.25, 9), (6.25, 25), (12.25, 36)]:
        expected += math.log(math.exp(-1) + math.exp(-first) + math.exp(-second)) + 1
    assert PrototypicalLoss()(rows, labels).item() == pytest.approx(expected / 4, rel=1e-12)


def test_cosine_takes_no_notice_of_lengths() -> None:
    rows = batch(0, torch.float64, length=None)
    lengths = torch.rand(len(rows), 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.1
    loss = PrototypicalLoss(cosine=True)
    assert loss(rows, LABELS).item() == pytest.approx(loss(rows * lengths, LABELS).item())
    assert PrototypicalLoss()(rows, LABELS).item() != pytest.approx(PrototypicalLoss()(rows * lengths, LABELS).item())


def test_a_class_alone_in_the_batch_has_nothing_to_be_told_from() -> None:
    assert PrototypicalLoss()(batch(0)[:3], LABELS[:3]).item() == 0.0
