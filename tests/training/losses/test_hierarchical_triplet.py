"""Hierarchical triplet loss against loops over a hand-computed tree, and pytorch-metric-learning before the first."""

from __future__ import annotations

import pytest
import torch
from pytorch_metric_learning import losses as oracle
from pytorch_metric_learning.distances import LpDistance
from torch import Tensor

from imgsearch.training.losses.hierarchical_triplet import HierarchicalTripletLoss
from imgsearch.training.tuples import Triplets, all_pairs, convert
from tests.training.losses.helpers import CLASSES, LABELS, batch


def everything() -> Triplets:
    found = convert(all_pairs(LABELS), Triplets, LABELS)
    assert isinstance(found, Triplets)
    return found


def naive(rows: Tensor, margins: list[list[float]], squared: bool) -> float:
    terms = []
    for a, p, n in zip(*(part.tolist() for part in everything()), strict=True):
        near, far = (float((rows[a] - rows[i]).norm()) ** (2 if squared else 1) for i in (p, n))
        terms.append(max(0.0, near - far + margins[int(LABELS[a])][int(LABELS[n])]) / 2)
    return sum(terms) / max(1, sum(term > 0 for term in terms))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("squared", [True, False])
def test_before_the_first_tree_it_is_half_a_triplet_loss_of_margin_a_fifth(seed: int, squared: bool) -> None:
    rows = batch(seed, torch.float64)
    other = oracle.TripletMarginLoss(margin=0.2, distance=LpDistance(power=2 if squared else 1))
    for beta in (0.1, 0.4):
        value = HierarchicalTripletLoss(CLASSES, beta=beta, squared=squared).double()(rows, LABELS, everything())
        assert value.item() == pytest.approx(other(rows, LABELS).item() / 2, rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("squared", [True, False])
def test_the_margin_is_the_level_where_classes_merge_less_the_anchors_spread(seed: int, squared: bool) -> None:
    # The pool of test_class_tree: pairs at ±10° around 0°, 40°, 90° and 200° on the circle; s = 2 − 2·cos 20° for all
    # = d₀ = 0.1206, so d_l = 0.1206 + l·0.2425; merging levels as derived there.
    angles = torch.deg2rad(torch.tensor([-10.0, 10, 30, 50, 80, 100, 190, 210], dtype=torch.float64))
    loss = HierarchicalTripletLoss(4).double()
    loss.refresh(torch.stack([angles.cos(), angles.sin()], dim=1), torch.tensor([0, 0, 1, 1, 2, 2, 3, 3]))
    levels = [[0, 2, 3, 11], [2, 0, 3, 11], [3, 3, 0, 11], [11, 11, 11, 0]]
    assert loss.merge_levels.tolist() == levels
    spread = 2 - 2 * float(torch.cos(torch.deg2rad(torch.tensor(20.0, dtype=torch.float64))))
    # α_z = β + d_H − s, and here s = d₀, so that only the step is left.
    margins = [[0.1 + level * (4 - spread) / 16 for level in row] for row in levels]
    rows = batch(seed, torch.float64)
    loss.squared = squared
    assert loss(rows, LABELS, everything()).item() == pytest.approx(naive(rows, margins, squared), rel=1e-10)


def test_the_spread_is_that_of_the_anchors_class() -> None:
    # With thresholds 0.3, spreads 0.05 and 0.25 and β = 0.1 the margin is 0.35 from class 0 and 0.15 from class 1.
    # Squared distances: a–p 1, a–n 1 in both, so that the terms are half the margins: their mean is 0.125.
    loss = HierarchicalTripletLoss(2)
    loss.thresholds.fill_(0.3)
    loss.spreads.copy_(torch.tensor([0.05, 0.25]))
    square = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])  # 0–1, 0–2, 3–1, 3–2 are 1 apart
    found = Triplets(torch.tensor([0, 3]), torch.tensor([1, 2]), torch.tensor([2, 1]))
    assert loss(square, torch.tensor([0, 0, 1, 1]), found).item() == pytest.approx(0.125)
