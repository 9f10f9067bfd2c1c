"""Contrastive and hinge embedding loss against loops, a hand-made batch, pytorch-metric-learning and torch."""

from __future__ import annotations

import pytest
import torch
from pytorch_metric_learning import losses as oracle
from torch import Tensor

from imgsearch.training.losses.contrastive import ContrastiveLoss, HingeEmbeddingLoss
from imgsearch.training.miners.multi_similarity import MultiSimilarityMiner
from imgsearch.training.numerics import squared_distances
from imgsearch.training.tuples import Pairs, all_pairs
from tests.training.losses.helpers import LABELS, batch

LINE = torch.tensor([[0.0], [0.6], [1.4]], dtype=torch.float64)
LINE_LABELS = torch.tensor([0, 0, 1])


def naive(embeddings: Tensor, pairs: Pairs, margin: float, squared: bool) -> float:
    matches, others = [], []
    for anchor in range(len(embeddings)):
        for partner in range(len(embeddings)):
            distance = float((embeddings[anchor] - embeddings[partner]).norm())
            beyond = max(0.0, margin - distance)
            if pairs.positive[anchor, partner]:
                matches.append(distance**2 / 2 if squared else distance)
            if pairs.negative[anchor, partner] and beyond > 0:
                others.append(beyond**2 / 2 if squared else beyond)
    return sum(matches) / max(len(matches), 1) + sum(others) / max(len(others), 1)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("margin", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("squared", [True, False])
def test_it_equals_a_sum_over_loops(seed: int, margin: float, squared: bool) -> None:
    embeddings = batch(seed, torch.float64)
    for pairs in (all_pairs(LABELS), MultiSimilarityMiner()(embeddings, LABELS)):
        value = ContrastiveLoss(margin, squared)(embeddings, LABELS, pairs).item()
        assert value == pytest.approx(naive(embeddings, pairs, margin, squared), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_not_squared_it_agrees_with_pytorch_metric_learning(seed: int) -> None:
    embeddings = batch(seed, torch.float64)
    expected = oracle.ContrastiveLoss(neg_margin=1.0)(embeddings, LABELS)
    value = ContrastiveLoss(squared=False)(embeddings, LABELS, all_pairs(LABELS))
    assert value.item() == pytest.approx(expected.item(), rel=1e-9)


def test_the_hinge_is_squared_rather_than_the_distance_within_it() -> None:
    # D = 0.6 in the match, 1.4 and 0.8 in the non-matches, of which the first is beyond the margin:
    # ½·0.6² + ½·(1 − 0.8)² = 0.18 + 0.02, where [1 − 0.8²]₊ would have given 0.36 for the second term.
    value = ContrastiveLoss()(LINE, LINE_LABELS, all_pairs(LINE_LABELS))
    assert value.item() == pytest.approx(0.20)


def test_not_squared_the_hand_made_batch_costs_the_distances_themselves() -> None:
    # 0.6 + (1 − 0.8)
    value = ContrastiveLoss(squared=False)(LINE, LINE_LABELS, all_pairs(LINE_LABELS))
    assert value.item() == pytest.approx(0.8)


def test_pairs_that_cost_nothing_are_not_active() -> None:
    loss = ContrastiveLoss()
    loss(LINE, LINE_LABELS, all_pairs(LINE_LABELS))
    assert loss.active is not None and loss.active.item() == pytest.approx(4 / 6)  # all but 1.4, both ways


def test_copies_of_a_picture_do_not_dilute_the_mean_over_matches() -> None:
    # Of the three matches only those with the third picture, at 0.6, cost something.
    embeddings, labels = torch.tensor([[0.0], [0.0], [0.6]]), torch.tensor([0, 0, 0])
    for squared, expected in ((True, 0.18), (False, 0.6)):
        value = ContrastiveLoss(squared=squared)(embeddings, labels, all_pairs(labels))
        assert value.item() == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("margin", [1.0, 1.5])
def test_hinge_embedding_has_the_terms_of_torch(seed: int, margin: float) -> None:
    embeddings = batch(seed, torch.float64)
    loss, expected = HingeEmbeddingLoss(margin), torch.nn.HingeEmbeddingLoss(margin, reduction="none")
    squares = squared_distances(embeddings)
    distance = torch.cdist(embeddings, embeddings)
    apart = ~torch.eye(len(embeddings), dtype=torch.bool)
    match, other = loss.terms(squares)
    torch.testing.assert_close(match[apart], expected(distance, torch.ones_like(distance))[apart])
    torch.testing.assert_close(other[apart], expected(distance, -torch.ones_like(distance))[apart])


def test_hinge_embedding_is_contrastive_loss_not_squared() -> None:
    embeddings, pairs = batch(0), all_pairs(LABELS)
    value = HingeEmbeddingLoss(1.2)(embeddings, LABELS, pairs)
    assert value.item() == ContrastiveLoss(1.2, squared=False)(embeddings, LABELS, pairs).item()
