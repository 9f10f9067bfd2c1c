"""Multi-similarity loss against loops, a hand-made batch, and pytorch-metric-learning."""

from __future__ import annotations

import math

import pytest
import torch
from pytorch_metric_learning import losses as oracle
from torch import Tensor

from imgsearch.training.losses.multi_similarity import MultiSimilarityLoss
from imgsearch.training.miners.multi_similarity import MultiSimilarityMiner
from imgsearch.training.tuples import Pairs, all_pairs
from tests.training.losses.helpers import LABELS, batch


def naive(embeddings: Tensor, pairs: Pairs, alpha: float, beta: float, base: float) -> float:
    total = 0.0
    for anchor in range(len(embeddings)):
        near = far = 0.0
        for other in range(len(embeddings)):
            similarity = float(embeddings[anchor] @ embeddings[other])
            if pairs.positive[anchor, other]:
                near += math.exp(-alpha * (similarity - base))
            if pairs.negative[anchor, other]:
                far += math.exp(beta * (similarity - base))
        total += math.log(1 + near) / alpha + math.log(1 + far) / beta
    return total / len(embeddings)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("options", [{}, {"alpha": 1.0, "beta": 10.0, "base": 0.2}])
def test_it_equals_a_sum_over_loops(seed: int, options: dict[str, float]) -> None:
    embeddings = batch(seed, torch.float64)
    loss = MultiSimilarityLoss(**options)
    for pairs in (all_pairs(LABELS), MultiSimilarityMiner()(embeddings, LABELS)):
        expected = naive(embeddings, pairs, loss.alpha, loss.beta, loss.base)
        assert float(loss(embeddings, LABELS, pairs)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_pytorch_metric_learning(seed: int) -> None:
    embeddings = batch(seed, torch.float64)
    expected = oracle.MultiSimilarityLoss(alpha=2, beta=50, base=0.5)(embeddings, LABELS)
    assert float(MultiSimilarityLoss()(embeddings, LABELS, all_pairs(LABELS))) == pytest.approx(expected.item())


def test_a_hand_made_batch_of_one_pair_and_one_stranger() -> None:
    # S(a, p) = 0.6 and S(a, n) = 0, so with α = 2, β = 50, λ = 0.5 the anchor's term is
    # ½·log(1 + e^(−0.2)) + 1/50·log(1 + e^(−25)); the positive has S(p, n) = 0.8; the stranger only repels.
    embeddings = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], dtype=torch.float64)
    labels = torch.tensor([0, 0, 1])
    attraction = 0.5 * math.log(1 + math.exp(-0.2))
    apart, close = math.exp(50 * -0.5), math.exp(50 * 0.3)
    expected = (
        (attraction + math.log(1 + apart) / 50)
        + (attraction + math.log(1 + close) / 50)
        + math.log(1 + apart + close) / 50
    ) / 3
    assert float(MultiSimilarityLoss()(embeddings, labels, all_pairs(labels))) == pytest.approx(expected, rel=1e-12)
