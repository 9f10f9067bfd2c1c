"""Distance-weighted sampling: how often each negative is drawn, against the formula."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from imgsearch.errors import UserError
from imgsearch.training.miners.distance_weighted import DistanceWeightedMiner
from tests.training.losses.helpers import LABELS, batch

DRAWS = 800


def shares(embeddings: Tensor, labels: list[int], anchor: int, cutoff: float = 0.5, limit: float = 1.4) -> list[float]:
    """P(n|a) of every picture of the batch."""
    dimension = embeddings.shape[1]
    logarithms = []
    for other in range(len(labels)):
        distance = float((embeddings[anchor] - embeddings[other]).norm())
        if labels[other] == labels[anchor] or distance >= limit:
            logarithms.append(-math.inf)
            continue
        distance = max(distance, cutoff)
        logarithms.append((2 - dimension) * math.log(distance) - (dimension - 3) / 2 * math.log(1 - distance**2 / 4))
    if max(logarithms) == -math.inf:
        strangers = [label != labels[anchor] for label in labels]
        return [stranger / sum(strangers) for stranger in strangers]
    weights = [math.exp(one - max(logarithms)) for one in logarithms]
    return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("options", [{}, {"cutoff": 0.9, "limit": 1.2}])
def test_negatives_are_drawn_as_often_as_the_formula_says(seed: int, options: dict[str, float]) -> None:
    embeddings, miner = batch(seed, torch.float64), DistanceWeightedMiner(**options)
    torch.manual_seed(seed)
    drawn = [miner(embeddings, LABELS) for _ in range(DRAWS)]
    anchors, negatives = (torch.cat([getattr(one, name) for one in drawn]) for name in ("anchor", "negative"))
    for anchor in range(len(LABELS) - 1):  # the last one's class is a lone picture
        counts = torch.bincount(negatives[anchors == anchor], minlength=len(LABELS))
        expected = torch.tensor(shares(embeddings, LABELS.tolist(), anchor, **options)) * counts.sum()
        assert counts.sum() == DRAWS * ((LABELS[anchor] == LABELS).sum() - 1)
        assert not counts[expected == 0].any()
        often = expected >= 5
        chi_square = ((counts - expected).square() / expected)[often].sum()
        freedom = max(int(often.sum()) - 1, 1)
        assert chi_square < freedom + 5 * math.sqrt(2 * freedom) + 5  # a chance below 1 in 10,000


def test_one_close_pair_starves_no_other_anchor_in_a_space_of_2048_dimensions() -> None:
    # Against the largest weight of the whole batch, (0.5/1.3)^(−2046), all others are 0 in single precision.
    generator = torch.Generator().manual_seed(0)
    common = torch.randn(2048, generator=generator)
    embeddings = functional.normalize(0.6 * common + torch.randn(64, 2048, generator=generator), dim=1)
    embeddings[1] = embeddings[0]  # two classes share a copy
    labels = torch.arange(64) % 16
    found = DistanceWeightedMiner()(embeddings, labels)
    assert len(found.anchor) == 64 * 3
    assert (torch.bincount(found.anchor) == 3).all()
    assert (found.negative[found.anchor == 0] == 1).all()
    others = found.anchor > 1
    assert len(set(found.negative[others].tolist())) > 30


def test_an_anchor_that_has_only_negatives_beyond_the_limit_takes_any_of_them() -> None:
    embeddings, labels = torch.tensor([[1.0, 0.0], [0.8, 0.6], [-1.0, 0.0], [-0.8, -0.6]]), torch.tensor([0, 0, 1, 2])
    torch.manual_seed(0)
    negatives = torch.cat([DistanceWeightedMiner()(embeddings, labels).negative for _ in range(300)])
    counts = torch.bincount(negatives, minlength=4)
    assert counts[:2].tolist() == [0, 0] and (counts[2:] > 240).all()


def test_a_copy_in_another_class_is_as_likely_as_a_negative_at_the_cutoff() -> None:
    # Angles with chord lengths 0, 0.4 and 0.5: all three are raised to 0.5.
    angles = torch.tensor([0.0, 0.1, 0.0, 2 * math.asin(0.2), 2 * math.asin(0.25)], dtype=torch.float64)
    embeddings = functional.pad(torch.stack([angles.cos(), angles.sin()], dim=1), (0, 6))
    weights = DistanceWeightedMiner().weights(embeddings, torch.tensor([[False, False, True, True, True]]).expand(5, 5))
    assert weights[0].tolist() == pytest.approx([0, 0, 1, 1, 1])


@pytest.mark.parametrize("options", [{"cutoff": 0.0}, {"cutoff": 1.5}, {"limit": 2.0}])
def test_a_cutoff_and_a_limit_that_make_no_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UserError, match="cutoff"):
        DistanceWeightedMiner(**options)
