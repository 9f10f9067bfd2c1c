"""Triplet loss against loops, a hand-made batch, and pytorch-metric-learning."""

from __future__ import annotations

import math

import pytest
import torch
from pytorch_metric_learning import distances, losses, reducers
from torch import Tensor

from imgsearch.training.losses.triplet import TripletLoss
from imgsearch.training.tuples import Triplets, all_pairs, convert
from tests.training.losses.helpers import LABELS, batch


def every_triplet(labels: Tensor) -> Triplets:
    triplets = convert(all_pairs(labels), Triplets, labels)
    assert isinstance(triplets, Triplets)
    return triplets


def naive(embeddings: Tensor, triplets: Triplets, margin: float | None, squared: bool) -> float:
    power, terms = 2 if squared else 1, []
    for anchor, positive, negative in zip(*(part.tolist() for part in triplets), strict=True):
        near = float((embeddings[anchor] - embeddings[positive]).norm()) ** power
        far = float((embeddings[anchor] - embeddings[negative]).norm()) ** power
        if margin is None:
            terms.append(math.log(1 + math.exp(near - far)))
        elif near - far + margin > 0:
            terms.append(near - far + margin)
    return sum(terms) / max(len(terms), 1)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("margin", [0.0, 0.2, 1.0, None])
@pytest.mark.parametrize("squared", [True, False])
def test_it_equals_a_sum_over_loops(seed: int, margin: float | None, squared: bool) -> None:
    embeddings, triplets = batch(seed, torch.float64), every_triplet(LABELS)
    for chosen in (triplets, Triplets(*(part[::3] for part in triplets))):
        value = TripletLoss(margin, squared)(embeddings, LABELS, chosen).item()
        assert value == pytest.approx(naive(embeddings, chosen, margin, squared), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("squared", [True, False])
def test_it_agrees_with_pytorch_metric_learning(seed: int, squared: bool) -> None:
    embeddings, distance = batch(seed, torch.float64), distances.LpDistance(power=2 if squared else 1)
    hinge = losses.TripletMarginLoss(margin=0.2, distance=distance)(embeddings, LABELS)
    soft = losses.TripletMarginLoss(margin=0.0, smooth_loss=True, distance=distance, reducer=reducers.MeanReducer())(
        embeddings, LABELS
    )
    triplets = every_triplet(LABELS)
    for margin, expected in ((0.2, hinge), (None, soft)):
        value = TripletLoss(margin, squared)(embeddings, LABELS, triplets)
        assert value.item() == pytest.approx(expected.item(), rel=1e-9)


@pytest.mark.parametrize(
    ("margin", "squared", "expected"),
    [
        # The triplets (0, 0.6, 1) and (0.6, 0, 1): Dap = 0.6 in both, Dan = 1 and 0.4.
        (0.2, True, 0.40),  # 0.36 − 1 + 0.2 < 0 is not in the mean; 0.36 − 0.16 + 0.2
        (0.2, False, 0.40),  # 0.6 − 1 + 0.2 < 0; 0.6 − 0.4 + 0.2
        (0.5, False, 0.40),  # the mean of 0.6 − 1 + 0.5 and 0.6 − 0.4 + 0.5
        (None, False, (math.log1p(math.exp(-0.4)) + math.log1p(math.exp(0.2))) / 2),
    ],
)
def test_a_hand_made_batch(margin: float | None, squared: bool, expected: float) -> None:
    embeddings, labels = torch.tensor([[0.0], [0.6], [1.0]]), torch.tensor([0, 0, 1])
    assert TripletLoss(margin, squared)(embeddings, labels, every_triplet(labels)).item() == pytest.approx(expected)


def test_a_collapsed_batch_costs_the_margin_and_all_of_it_is_active() -> None:
    loss, embeddings = TripletLoss(0.2), torch.eye(6)[:1].repeat(len(LABELS), 1)
    assert loss(embeddings, LABELS, every_triplet(LABELS)).item() == pytest.approx(0.2)
    assert loss.active is not None and loss.active.item() == 1.0


def test_the_mean_is_over_the_active_triplets_only() -> None:
    loss, embeddings, triplets = TripletLoss(0.2), batch(0, torch.float64), every_triplet(LABELS)
    value = loss(embeddings, LABELS, triplets)
    squares = torch.cdist(embeddings, embeddings).square()
    terms = (squares[triplets.anchor, triplets.positive] - squares[triplets.anchor, triplets.negative] + 0.2).relu()
    assert loss.active is not None and 0 < loss.active.item() < 1
    assert value.item() * loss.active.item() == pytest.approx(terms.mean().item(), rel=1e-6)
