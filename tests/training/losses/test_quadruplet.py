"""Quadruplet loss against loops and a hand-made batch; its learned dissimilarity against a layer fed pair by pair."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from imgsearch.training.losses.quadruplet import QuadrupletLoss
from imgsearch.training.tuples import Quadruplets, all_pairs, convert
from tests.training.losses.helpers import DIMENSION, LABELS, batch


def learned(seed: int, **options: float | bool) -> QuadrupletLoss:
    """A loss whose layer has left its initial values."""
    torch.manual_seed(seed)
    loss = QuadrupletLoss(DIMENSION, **options).double()  # type: ignore[arg-type]
    torch.nn.init.normal_(loss.layer.weight, std=0.5)
    return loss


def dissimilarity(loss: QuadrupletLoss, first: Tensor, second: Tensor) -> float:
    """The second output of a 2-way softmax after the layer, for one pair."""
    features = torch.cat([(first - second).square(), first * second])
    outputs: Tensor = loss.layer(features).detach()
    return float(functional.softmax(outputs, dim=0)[1])


def quadruplets(seed: int) -> Quadruplets:
    torch.manual_seed(seed)
    found = convert(all_pairs(LABELS), Quadruplets, LABELS)
    assert isinstance(found, Quadruplets)
    return found


def naive(loss: QuadrupletLoss, embeddings: Tensor, found: Quadruplets) -> float:
    squares = [[dissimilarity(loss, x, y) ** 2 for y in embeddings] for x in embeddings]
    margins = [loss.weight_first, loss.weight_second]
    if loss.adaptive:
        means = [sum(squares[i][j] for i, j in mask.nonzero().tolist()) / int(mask.sum()) for mask in all_pairs(LABELS)]
        margins = [weight * max(0.0, means[1] - means[0]) for weight in margins]
    first: list[float] = []
    second: list[float] = []
    for a, p, n, o in zip(*(part.tolist() for part in found), strict=True):
        first.append(max(0.0, squares[a][p] - squares[a][n] + margins[0]))
        second.append(max(0.0, squares[a][p] - squares[n][o] + margins[1]))
    return sum(sum(terms) / max(1, sum(term > 0 for term in terms)) for terms in (first, second))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("options", [{}, {"weight_first": 0.3, "weight_second": 2.0}, {"adaptive": False}])
def test_it_equals_a_sum_over_loops(seed: int, options: dict[str, float | bool]) -> None:
    loss, embeddings, found = learned(seed, **options), batch(seed, torch.float64), quadruplets(seed)
    assert loss(embeddings, LABELS, found).item() == pytest.approx(naive(loss, embeddings, found), rel=1e-10)


def test_a_hand_made_quadruplet() -> None:
    # Unit rows at 0°, 60°, 90° and 180°: D² is 1, 2, 4 from the first, and 2 from the third to the fourth. With the
    # initial g = σ(2·(D² − 1)): g(a,p) = ½, g(a,n) = g(n,n′) = σ(2). Fixed margins 1 and 0.5.
    embeddings = torch.tensor([[1.0, 0.0], [0.5, math.sqrt(0.75)], [0.0, 1.0], [-1.0, 0.0]], dtype=torch.float64)
    loss = QuadrupletLoss(dimension=2, adaptive=False).double()
    found = Quadruplets(torch.tensor([0]), torch.tensor([1]), torch.tensor([2]), torch.tensor([3]))
    apart = (1 / (1 + math.exp(-2))) ** 2
    expected = (0.25 - apart + 1) + max(0.0, 0.25 - apart + 0.5)
    assert loss(embeddings, torch.tensor([0, 0, 1, 2]), found).item() == pytest.approx(expected, rel=1e-10)


def test_the_dissimilarity_is_symmetric_and_starts_as_a_logistic_function_of_the_squared_distance() -> None:
    rows = batch(0, torch.float64)
    table = learned(0).dissimilarity(rows, rows)
    assert torch.allclose(table, table.T, rtol=0, atol=1e-12)
    start = QuadrupletLoss(DIMENSION).double().dissimilarity(rows, rows).flatten()
    assert torch.allclose(start, torch.sigmoid(2 * (torch.cdist(rows, rows).flatten().square() - 1)), atol=1e-6)


def test_the_margins_have_no_gradient() -> None:
    loss, embeddings = QuadrupletLoss(DIMENSION).double(), batch(1, torch.float64).requires_grad_()
    positive, negative = (
        loss.dissimilarity(embeddings, embeddings).square()[mask].mean().item() for mask in all_pairs(LABELS)
    )
    margin = negative - positive
    assert margin > 0
    fixed = QuadrupletLoss(DIMENSION, weight_first=margin, weight_second=0.5 * margin, adaptive=False).double()
    found = quadruplets(1)
    (adaptive_slope,) = torch.autograd.grad(loss(embeddings, LABELS, found), embeddings)
    (fixed_slope,) = torch.autograd.grad(fixed(embeddings, LABELS, found), embeddings)
    assert torch.allclose(adaptive_slope, fixed_slope)
    assert torch.autograd.gradcheck(lambda rows: fixed(rows, LABELS, found), (embeddings,))


def test_a_margin_is_never_negative() -> None:
    # The positives are opposite and the negatives equal, so that μ_neg − μ_pos < 0; each term is g²(a,p) − g²(a,n)
    # = σ(6)² − σ(−2)² with no margin, and n, n′ are as near as a and n.
    rows = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    found = Quadruplets(torch.tensor([0]), torch.tensor([1]), torch.tensor([2]), torch.tensor([3]))
    term = (1 / (1 + math.exp(-6))) ** 2 - (1 / (1 + math.exp(2))) ** 2
    value = QuadrupletLoss(dimension=2).double()(rows, torch.tensor([0, 0, 1, 2]), found)
    assert value.item() == pytest.approx(2 * term, rel=1e-10)


def test_its_layer_learns() -> None:
    loss = QuadrupletLoss(DIMENSION)
    torch.autograd.backward(loss(batch(2), LABELS, quadruplets(2)))
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in loss.parameters())
