"""Bell & Bala's contrastive loss against loops, a hand-made batch, and pytorch-metric-learning on squared distances."""

from __future__ import annotations

import pytest
import torch
from pytorch_metric_learning import distances, losses
from torch import Tensor

from imgsearch.training.losses.bell_bala import BellBalaLoss
from imgsearch.training.miners.multi_similarity import MultiSimilarityMiner
from imgsearch.training.tuples import Pairs, all_pairs
from tests.training.losses.helpers import LABELS, batch


def naive(embeddings: Tensor, pairs: Pairs, margin: float) -> float:
    matches, others = [], []
    for anchor in range(len(embeddings)):
        for partner in range(len(embeddings)):
            square = float((embeddings[anchor] - embeddings[partner]).square().sum())
            if pairs.positive[anchor, partner]:
                matches.append(square)
            if pairs.negative[anchor, partner] and square < margin**2:
                others.append(margin**2 - square)
    return sum(matches) / max(len(matches), 1) + sum(others) / max(len(others), 1)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("margin", [0.5, 1.0, 1.5])
def test_it_equals_a_sum_over_loops(seed: int, margin: float) -> None:
    embeddings = batch(seed, torch.float64)
    for pairs in (all_pairs(LABELS), MultiSimilarityMiner()(embeddings, LABELS)):
        value = BellBalaLoss(margin)(embeddings, LABELS, pairs).item()
        assert value == pytest.approx(naive(embeddings, pairs, margin), rel=1e-9)


@pytest.mark.parametrize("margin", [1.0, 1.5])
def test_it_agrees_with_pytorch_metric_learning_on_squared_distances(margin: float) -> None:
    embeddings = batch(1, torch.float64)
    expected = losses.ContrastiveLoss(neg_margin=margin**2, distance=distances.LpDistance(power=2))(embeddings, LABELS)
    value = BellBalaLoss(margin)(embeddings, LABELS, all_pairs(LABELS))
    assert value.item() == pytest.approx(expected.item(), rel=1e-9)


@pytest.mark.parametrize(
    ("margin", "expected"),
    [
        (1.0, 0.72),  # 0.6² + (1² − 0.8²); the other non-match, at 1.4, is beyond the margin
        (1.5, 1.31),  # 0.6² + ½·((1.5² − 0.8²) + (1.5² − 1.4²)): the margin is squared too
    ],
)
def test_a_hand_made_batch(margin: float, expected: float) -> None:
    embeddings, labels = torch.tensor([[0.0], [0.6], [1.4]]), torch.tensor([0, 0, 1])
    assert BellBalaLoss(margin)(embeddings, labels, all_pairs(labels)).item() == pytest.approx(expected)
