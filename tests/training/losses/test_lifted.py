"""Lifted structure loss against loops, a hand-made batch, and pytorch-metric-learning."""

from __future__ import annotations

import math

import pytest
import torch
from pytorch_metric_learning import losses as oracle
from torch import Tensor

from imgsearch.training.losses.lifted import LiftedStructureLoss
from imgsearch.training.miners.multi_similarity import MultiSimilarityMiner
from imgsearch.training.tuples import Pairs, all_pairs
from tests.training.losses.helpers import LABELS, batch


def naive(embeddings: Tensor, pairs: Pairs, margin: float) -> float:
    def distance(first: int, second: int) -> float:
        return float((embeddings[first] - embeddings[second]).norm())

    count, total, matches = len(embeddings), 0.0, 0
    for i in range(count):
        for j in range(count):
            if not pairs.positive[i, j]:
                continue
            matches += 1
            near = sum(math.exp(margin - distance(i, k)) for k in range(count) if pairs.negative[i, k])
            near += sum(math.exp(margin - distance(j, k)) for k in range(count) if pairs.negative[j, k])
            if near > 0:
                total += max(0.0, math.log(near) + distance(i, j)) ** 2
    return total / (2 * max(matches, 1))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("margin", [-3.0, 0.5, 1.0])
def test_it_equals_a_sum_over_loops(seed: int, margin: float) -> None:
    embeddings = batch(seed, torch.float64)
    for pairs in (all_pairs(LABELS), MultiSimilarityMiner()(embeddings, LABELS)):
        value = LiftedStructureLoss(margin)(embeddings, LABELS, pairs).item()
        assert value == pytest.approx(naive(embeddings, pairs, margin), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_pytorch_metric_learning(seed: int) -> None:
    embeddings = batch(seed, torch.float64)
    expected = oracle.LiftedStructureLoss(neg_margin=1.0, pos_margin=0.0)(embeddings, LABELS)
    value = LiftedStructureLoss()(embeddings, LABELS, all_pairs(LABELS))
    assert value.item() == pytest.approx(expected.item(), rel=1e-9)


def test_a_hand_made_batch() -> None:
    # D = 1 in the match; 3 and 2 to the stranger: J = log(e^(1−3) + e^(1−2)) + 1 = log(e^(−1) + 1).
    embeddings, labels = torch.tensor([[0.0], [1.0], [3.0]]), torch.tensor([0, 0, 1])
    expected = math.log(1 + math.exp(-1)) ** 2 / 2
    assert LiftedStructureLoss()(embeddings, labels, all_pairs(labels)).item() == pytest.approx(expected, rel=1e-5)


def test_matches_without_any_non_match_cost_exactly_nothing_and_pull_nowhere() -> None:
    embeddings, labels = batch(0)[:4].requires_grad_(), torch.zeros(4, dtype=torch.long)
    value = LiftedStructureLoss()(embeddings, labels, all_pairs(labels))
    torch.autograd.backward(value)
    assert value.item() == 0.0
    assert embeddings.grad is not None and not embeddings.grad.any()


def test_one_picture_with_non_matches_is_enough_for_its_match() -> None:
    # Only the first picture's non-match was kept: J = (1 − 3) + D_ij, which is −1 and ½.
    positive, negative = torch.zeros(2, 3, 3, dtype=torch.bool)
    positive[0, 1] = negative[0, 2] = True
    for near, expected in ((1.0, 0.0), (2.5, 0.125)):
        embeddings = torch.tensor([[0.0], [near], [3.0]], requires_grad=True)
        value = LiftedStructureLoss()(embeddings, torch.tensor([0, 0, 1]), Pairs(positive, negative))
        torch.autograd.backward(value)
        assert value.item() == pytest.approx(expected)
        assert embeddings.grad is not None and torch.isfinite(embeddings.grad).all()
