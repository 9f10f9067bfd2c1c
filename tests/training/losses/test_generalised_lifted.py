"""Generalised lifted structure loss against loops, a hand-made batch, and pytorch-metric-learning."""

from __future__ import annotations

import math

import pytest
import torch
from pytorch_metric_learning import losses as oracle
from torch import Tensor

from imgsearch.training.losses.generalised_lifted import GeneralisedLiftedStructureLoss
from imgsearch.training.miners.multi_similarity import MultiSimilarityMiner
from imgsearch.training.tuples import Pairs, all_pairs
from tests.training.losses.helpers import LABELS, batch


def naive(embeddings: Tensor, pairs: Pairs, margin: float) -> float:
    terms = []
    for anchor in range(len(embeddings)):
        far = near = 0.0
        for partner in range(len(embeddings)):
            distance = float((embeddings[anchor] - embeddings[partner]).norm())
            if pairs.positive[anchor, partner]:
                far += math.exp(distance)
            if pairs.negative[anchor, partner]:
                near += math.exp(margin - distance)
        if far > 0 and near > 0:
            terms.append(max(0.0, math.log(far) + math.log(near)))
    return sum(terms) / max(len(terms), 1)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("margin", [-2.0, 0.5, 1.0])
def test_it_equals_a_sum_over_loops(seed: int, margin: float) -> None:
    embeddings = batch(seed, torch.float64)
    for pairs in (all_pairs(LABELS), MultiSimilarityMiner()(embeddings, LABELS)):
        value = GeneralisedLiftedStructureLoss(margin)(embeddings, LABELS, pairs).item()
        assert value == pytest.approx(naive(embeddings, pairs, margin), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_pytorch_metric_learning_where_every_picture_has_a_match(seed: int) -> None:
    embeddings, labels = batch(seed, torch.float64)[:9], LABELS[:9]  # without the lone one
    expected = oracle.GeneralizedLiftedStructureLoss(neg_margin=1.0, pos_margin=0.0)(embeddings, labels)
    value = GeneralisedLiftedStructureLoss()(embeddings, labels, all_pairs(labels))
    assert value.item() == pytest.approx(expected.item(), rel=1e-9)


def test_a_hand_made_batch() -> None:
    # D = 1 in the match; the first picture is 3 from the stranger, the second 2: [1 + (1 − 3)]₊ and [1 + (1 − 2)]₊
    # at m = 1 are both 0; at m = 3 they are 1 and 2. The stranger has no match and is not in the mean.
    embeddings, labels = torch.tensor([[0.0], [1.0], [3.0]]), torch.tensor([0, 0, 1])
    for margin, expected in ((1.0, 0.0), (3.0, 1.5)):
        value = GeneralisedLiftedStructureLoss(margin)(embeddings, labels, all_pairs(labels))
        assert value.item() == pytest.approx(expected, abs=1e-6)


def test_a_lone_picture_is_no_anchor() -> None:
    embeddings, loss = batch(0, torch.float64), GeneralisedLiftedStructureLoss()
    pairs = all_pairs(LABELS)
    silent = Pairs(pairs.positive, pairs.negative & (torch.arange(10) < 9)[:, None])
    assert loss(embeddings, LABELS, pairs).item() == loss(embeddings, LABELS, silent).item()


def test_matches_without_any_non_match_cost_exactly_nothing_and_pull_nowhere() -> None:
    embeddings, labels = batch(0)[:4].requires_grad_(), torch.zeros(4, dtype=torch.long)
    value = GeneralisedLiftedStructureLoss()(embeddings, labels, all_pairs(labels))
    torch.autograd.backward(value)
    assert value.item() == 0.0
    assert embeddings.grad is not None and not embeddings.grad.any()
