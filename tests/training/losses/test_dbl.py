"""Distance-based logistic loss against loops and a hand-made batch, at no distance and at a very long one."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from imgsearch.training.losses.dbl import DistanceBasedLogisticLoss
from imgsearch.training.miners.multi_similarity import MultiSimilarityMiner
from imgsearch.training.tuples import Pairs, Triplets, Tuples, all_pairs, convert
from tests.training.losses.helpers import LABELS, batch

LINE = torch.tensor([[0.0], [math.log(2)], [math.log(4)]], dtype=torch.float64)
LINE_LABELS = torch.tensor([0, 0, 1])


def naive(embeddings: Tensor, pairs: Pairs, margin: float) -> float:
    matches, others = [], []
    for anchor in range(len(embeddings)):
        for partner in range(len(embeddings)):
            distance = float((embeddings[anchor] - embeddings[partner]).norm())
            probability = (1 + math.exp(-margin)) / (1 + math.exp(distance - margin))
            if pairs.positive[anchor, partner]:
                matches.append(-math.log(probability))
            if pairs.negative[anchor, partner]:
                others.append(-math.log(1 - probability))
    return sum(matches) / max(len(matches), 1) + sum(others) / max(len(others), 1)


def naive_triplets(embeddings: Tensor, triplets: Triplets) -> float:
    total = 0.0
    for anchor, positive, negative in zip(*(part.tolist() for part in triplets), strict=True):
        near = float((embeddings[anchor] - embeddings[positive]).norm())
        far = float((embeddings[anchor] - embeddings[negative]).norm())
        total += math.log(1 + math.exp(near - far))
    return total / len(triplets.anchor)


def every_triplet(labels: Tensor) -> Triplets:
    triplets = convert(all_pairs(labels), Triplets, labels)
    assert isinstance(triplets, Triplets)
    return triplets


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("margin", [0.0, 1.0, 4.0])
def test_pairs_equal_a_sum_over_loops(seed: int, margin: float) -> None:
    embeddings = batch(seed, torch.float64, length=None)
    for pairs in (all_pairs(LABELS), MultiSimilarityMiner()(batch(seed, torch.float64), LABELS)):
        value = DistanceBasedLogisticLoss(margin)(embeddings, LABELS, pairs).item()
        assert value == pytest.approx(naive(embeddings, pairs, margin), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_triplets_equal_a_sum_over_loops(seed: int) -> None:
    embeddings, triplets = batch(seed, torch.float64, length=None), every_triplet(LABELS)
    value = DistanceBasedLogisticLoss(triplets=True)(embeddings, LABELS, triplets).item()
    assert value == pytest.approx(naive_triplets(embeddings, triplets), rel=1e-9)


@pytest.mark.parametrize(
    ("margin", "match", "others"),
    [
        # The match is log 2 apart, the non-matches log 4 and log 2.
        (0.0, 2 / 3, (2 / 5, 2 / 3)),  # p = 2 / (1 + e^D)
        (math.log(2), 3 / 4, (1 / 2, 3 / 4)),  # p = 3/2 / (1 + e^D / 2)
    ],
)
def test_pairs_of_a_hand_made_batch(margin: float, match: float, others: tuple[float, float]) -> None:
    value = DistanceBasedLogisticLoss(margin)(LINE, LINE_LABELS, all_pairs(LINE_LABELS))
    assert value.item() == pytest.approx(-math.log(match) - sum(math.log(1 - p) for p in others) / 2)


def test_triplets_of_a_hand_made_batch() -> None:
    # (0, log 2, log 4): log(1 + e^(log 2 − log 4)) = log 3/2; (log 2, 0, log 4): log(1 + e^0) = log 2
    value = DistanceBasedLogisticLoss(triplets=True)(LINE, LINE_LABELS, every_triplet(LINE_LABELS))
    assert value.item() == pytest.approx((math.log(1.5) + math.log(2)) / 2)


def test_the_option_decides_what_it_compares() -> None:
    assert DistanceBasedLogisticLoss().kind is Pairs
    assert DistanceBasedLogisticLoss(triplets=True).kind is Triplets


class TestFarAndNear:
    def value_and_gradient(self, distance: float, same: bool, margin: float = 1.0) -> tuple[float, Tensor]:
        embeddings = torch.tensor([[0.0, 0.0], [distance, 0.0]], requires_grad=True)
        labels = torch.tensor([0, 0 if same else 1])
        value = DistanceBasedLogisticLoss(margin)(embeddings, labels, all_pairs(labels))
        torch.autograd.backward(value)
        assert embeddings.grad is not None and torch.isfinite(embeddings.grad).all()
        return value.item(), embeddings.grad

    def test_two_copies_of_a_picture_are_a_match_for_nothing_and_a_finite_non_match(self) -> None:
        value, gradient = self.value_and_gradient(0.0, same=True)
        assert value == pytest.approx(0.0, abs=1e-4) and not gradient.any()
        value, gradient = self.value_and_gradient(0.0, same=False)
        # D counts as 1e-4: −log(1 − p) = log(1 + e^(1 − D)) − log(1 − e^(−D))
        assert value == pytest.approx(math.log(1 + math.e) - math.log(1e-4), rel=1e-3) and not gradient.any()

    def test_very_near_a_non_match_keeps_its_precision(self) -> None:
        value, gradient = self.value_and_gradient(1e-3, same=False)
        assert value == pytest.approx(math.log1p(math.exp(1 - 1e-3)) - math.log(-math.expm1(-1e-3)), rel=1e-5)
        assert gradient[0, 0] > 0  # downhill is away from the other

    @pytest.mark.parametrize("margin", [0.0, 1.0, 10.0])
    def test_very_far_a_match_costs_its_distance_and_a_non_match_nothing(self, margin: float) -> None:
        value, gradient = self.value_and_gradient(1e4, same=True, margin=margin)
        assert value == pytest.approx(1e4 - margin - math.log1p(math.exp(-margin)), rel=1e-6)
        assert gradient[0, 0].item() == pytest.approx(-1.0)
        assert self.value_and_gradient(1e4, same=False, margin=margin)[0] == 0.0

    @pytest.mark.parametrize("negative", [0.0, 1e4])
    def test_triplets_are_finite_too(self, negative: float) -> None:
        embeddings = torch.tensor([[0.0], [1e4], [negative]], requires_grad=True)
        labels = torch.tensor([0, 0, 1])
        tuples: Tuples = every_triplet(labels)
        value = DistanceBasedLogisticLoss(triplets=True)(embeddings, labels, tuples)
        torch.autograd.backward(value)
        # One anchor has its positive 1e4 farther than the negative, or both as far; the other, the reverse.
        assert value.item() == pytest.approx((1e4 + math.log(2)) / 2, rel=1e-4)
        assert embeddings.grad is not None and torch.isfinite(embeddings.grad).all()
