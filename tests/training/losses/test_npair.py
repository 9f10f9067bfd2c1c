"""N-pair loss against loops, its regularisation, and pytorch-metric-learning on an N-pair batch."""

from __future__ import annotations

import math

import pytest
import torch
from pytorch_metric_learning import losses as oracle
from pytorch_metric_learning.distances import DotProductSimilarity
from torch import Tensor

from imgsearch.training.losses.npair import NPairLoss
from imgsearch.training.tuples import Pairs, all_pairs
from tests.training.losses.helpers import LABELS, batch

PUBLISHED = oracle.NPairsLoss(distance=DotProductSimilarity(normalize_embeddings=False))
"""Its default distance normalises, which the paper does not."""


def naive(embeddings: Tensor, pairs: Pairs, regularisation: float) -> float:
    products: list[list[float]] = (embeddings @ embeddings.T).tolist()
    terms: list[float] = []
    numbers = range(len(embeddings))
    for i in numbers:
        for p in numbers:
            if pairs.positive[i, p]:
                rivals = [products[i][n] - products[i][p] for n in numbers if pairs.negative[i, n]]
                length = products[i][i] + products[p][p]
                terms.append(math.log(1 + sum(map(math.exp, rivals))) + regularisation / 4 * length)
    return sum(terms) / len(terms)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("regularisation", [0.0, 0.002, 1.0])
def test_it_equals_a_sum_over_loops(seed: int, regularisation: float) -> None:
    embeddings, pairs = batch(seed, torch.float64, length=None), all_pairs(LABELS)
    expected = naive(embeddings, pairs, regularisation)
    assert NPairLoss(regularisation)(embeddings, LABELS, pairs).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_given_the_pairs_of_an_n_pair_batch_it_is_the_published_loss(seed: int) -> None:
    # Two pictures a class, the even ones anchors, the odd ones their positives and every other anchor's negatives.
    embeddings, labels = batch(seed, torch.float64, length=None)[:8], torch.arange(4).repeat_interleave(2)
    across = (torch.arange(8)[:, None] % 2 == 0) & (torch.arange(8)[None, :] % 2 == 1)
    everything = all_pairs(labels)
    pairs = Pairs(everything.positive & across, everything.negative & across)
    expected = PUBLISHED(embeddings, labels)
    assert PUBLISHED.num_pairs == 4
    assert NPairLoss(regularisation=0.0)(embeddings, labels, pairs).item() == pytest.approx(expected.item())


@pytest.mark.parametrize("seed", range(3))
def test_with_two_alike_pictures_a_class_only_the_number_of_negatives_differs_from_the_published_loss(
    seed: int,
) -> None:
    # Each class's two pictures are one point, so whichever is chosen, the published exponents e^(x·n − x·p) are the
    # same; ours has each twice. The published loss gives their sum back: Σ = e^L − 1 for each anchor.
    rows, labels = batch(seed, torch.float64, length=None)[[0, 3, 5, 9]], torch.arange(4)
    products = rows @ rows.T
    rivals = (products - products.diag()[:, None]).exp().fill_diagonal_(0).sum(dim=1)
    doubled, twice = rows.repeat(2, 1), labels.repeat(2)
    assert PUBLISHED(doubled, twice).item() == pytest.approx(torch.log1p(rivals).mean().item())
    value = NPairLoss(regularisation=0.0)(doubled, twice, all_pairs(twice))
    assert value.item() == pytest.approx(torch.log1p(2 * rivals).mean().item())


def test_a_hand_made_tuplet() -> None:
    # x = (1, 0), x⁺ = (2, 0), strangers (0, 3) and (1, 1) of two more classes; ‖x‖² + ‖x⁺‖² = 5.
    # From x: x·x⁺ = 2, products with the strangers 0 and 1; from x⁺: 2, and 0 and 2.
    embeddings = torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0], [1.0, 1.0]], dtype=torch.float64)
    labels = torch.tensor([0, 0, 1, 2])
    first = math.log(1 + math.exp(0 - 2) + math.exp(1 - 2))
    second = math.log(1 + math.exp(0 - 2) + math.exp(2 - 2))
    expected = (first + second) / 2 + 0.1 / 4 * 5
    value = NPairLoss(regularisation=0.1)(embeddings, labels, all_pairs(labels))
    assert value.item() == pytest.approx(expected, rel=1e-12)


def test_the_length_of_the_embeddings_matters() -> None:
    embeddings, pairs = batch(0, torch.float64), all_pairs(LABELS)
    loss = NPairLoss(regularisation=0.0)
    assert loss(3 * embeddings, LABELS, pairs).item() != pytest.approx(loss(embeddings, LABELS, pairs).item(), rel=0.1)


def test_long_embeddings_overflow_nothing() -> None:
    embeddings = (1e4 * batch(0)).requires_grad_()
    value = NPairLoss()(embeddings, LABELS, all_pairs(LABELS))
    torch.autograd.backward(value)
    assert torch.isfinite(value) and embeddings.grad is not None and torch.isfinite(embeddings.grad).all()
