"""Margin loss against loops, a hand-made batch, and pytorch-metric-learning on triplets that repeat no pair."""

from __future__ import annotations

import pytest
import torch
from pytorch_metric_learning import losses as oracle
from torch import Tensor, nn

from imgsearch.training.losses.margin import MarginLoss
from imgsearch.training.miners.multi_similarity import MultiSimilarityMiner
from imgsearch.training.tuples import Pairs, Triplets, all_pairs, convert
from tests.training.losses.helpers import CLASSES, LABELS, batch

BETAS = torch.tensor([0.6, 0.9, 1.1, 1.3], dtype=torch.float64)


def with_betas(per_class: bool) -> MarginLoss:
    loss = MarginLoss(CLASSES, per_class=per_class).double()
    loss.beta = nn.Parameter(BETAS.clone() if per_class else BETAS[1:2].clone())
    return loss


def pairs_of(triplets: Triplets) -> Pairs:
    pairs = convert(triplets, Pairs, LABELS)
    assert isinstance(pairs, Pairs)
    return pairs


def naive(embeddings: Tensor, pairs: Pairs, loss: MarginLoss) -> float:
    terms: list[float] = []
    for anchor in range(len(embeddings)):
        beta = loss.beta.tolist()[int(LABELS[anchor]) if loss.per_class else 0]
        for partner in range(len(embeddings)):
            distance = float((embeddings[anchor] - embeddings[partner]).norm())
            if pairs.positive[anchor, partner]:
                terms.append(max(0.0, loss.alpha + distance - beta))
            if pairs.negative[anchor, partner]:
                terms.append(max(0.0, loss.alpha - distance + beta))
    active = sum(term > 0 for term in terms)
    return sum(terms) / max(active, 1)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("per_class", [True, False])
def test_it_equals_a_sum_over_loops(seed: int, per_class: bool) -> None:
    embeddings, loss = batch(seed, torch.float64), with_betas(per_class)
    for pairs in (all_pairs(LABELS), MultiSimilarityMiner()(embeddings, LABELS)):
        assert loss(embeddings, LABELS, pairs).item() == pytest.approx(naive(embeddings, pairs, loss), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("per_class", [True, False])
def test_it_agrees_with_pytorch_metric_learning_where_no_two_triplets_share_a_pair(seed: int, per_class: bool) -> None:
    # The oracle counts a pair once for each triplet that it stands in, so each anchor gets a single triplet.
    anchor = torch.arange(9)
    positive = torch.tensor([1, 2, 0, 4, 3, 6, 7, 8, 5])
    triplets = Triplets(anchor, positive, torch.tensor([3, 5, 9, 0, 8, 1, 4, 2, 9]))
    ours, theirs = (
        with_betas(per_class),
        oracle.MarginLoss(margin=0.2, learn_beta=True, num_classes=CLASSES if per_class else None).double(),
    )
    with torch.no_grad():
        theirs.beta.copy_(ours.beta)
    embeddings = batch(seed, torch.float64)
    value, expected = ours(embeddings, LABELS, pairs_of(triplets)), theirs(embeddings, LABELS, tuple(triplets))
    torch.autograd.backward([value, expected])
    assert value.item() == pytest.approx(expected.item(), rel=1e-9)
    assert ours.beta.grad is not None
    torch.testing.assert_close(ours.beta.grad, theirs.beta.grad)


def test_a_hand_made_batch() -> None:
    # β = 1.2 and α = 0.2: the match is 1.1 apart, 0.1 too far; the non-matches are 1.5, far enough, and 0.4,
    # which is 1.0 too near. Each counts both ways: 2·(0.1 + 1.0) / 4.
    embeddings, labels = torch.tensor([[0.0], [1.1], [1.5]]), torch.tensor([0, 0, 1])
    loss = MarginLoss(classes=2)
    assert loss(embeddings, labels, all_pairs(labels)).item() == pytest.approx(0.55)
    assert loss.active is not None and loss.active.item() == pytest.approx(4 / 6)


def test_a_pair_counts_once_however_many_triplets_it_stands_in() -> None:
    embeddings, loss = batch(0, torch.float64), with_betas(per_class=False)
    once, twice = [Triplets(*(torch.tensor(part * times) for part in ([0], [1], [3]))) for times in (1, 2)]
    assert loss(embeddings, LABELS, pairs_of(once)).item() == loss(embeddings, LABELS, pairs_of(twice)).item()


def test_the_boundary_moves_out_for_matches_that_are_too_far_and_in_for_non_matches_too_near() -> None:
    labels = torch.tensor([0, 0, 1])
    matches_far, strangers_near = torch.tensor([[0.0], [1.8], [9.0]]), torch.tensor([[0.0], [0.0], [0.5]])
    for embeddings, sign in ((matches_far, -1.0), (strangers_near, 1.0)):
        loss = MarginLoss(classes=2)
        torch.autograd.backward(loss(embeddings, labels, all_pairs(labels)))
        assert loss.beta.grad is not None and loss.beta.grad.item() == pytest.approx(sign)


def test_per_class_a_pair_moves_its_anchors_boundary_only() -> None:
    loss = MarginLoss(CLASSES, per_class=True)
    torch.autograd.backward(
        loss(batch(0), LABELS, pairs_of(Triplets(torch.tensor([3]), torch.tensor([4]), torch.tensor([0]))))
    )
    assert loss.beta.shape == (CLASSES,) and loss.beta.tolist() == pytest.approx([1.2] * CLASSES)
    assert loss.beta.grad is not None
    assert not loss.beta.grad[[0, 2, 3]].any()
