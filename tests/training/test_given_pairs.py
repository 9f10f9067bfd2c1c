from __future__ import annotations

import contextlib

import numpy as np
import pytest
import torch
from torch.nn import functional

from imgsearch.errors import UserError
from imgsearch.metric.pairs import Pairs
from imgsearch.registry import build
from imgsearch.training.config import TrainingConfig
from imgsearch.training.given_pairs import GivenMiner, PairSampler, taught_by_pairs, without_classes
from imgsearch.training.losses import LOSSES
from imgsearch.training.losses.contrastive import ContrastiveLoss
from imgsearch.training.parts import build_parts
from imgsearch.workflows.parts import all_parts

PAIRS = Pairs(np.array([0, 3, 1, 4, 2]), np.array([1, 2, 4, 0, 1]), np.array([True, True, False, False, True]))


def test_every_pair_comes_once_an_epoch_its_pictures_side_by_side() -> None:
    sampler = PairSampler(PAIRS, pairs_per_batch=2, seed=3)
    for _ in range(3):
        plan = sampler.epoch()
        assert plan.shape == (3, 4) and sampler.batches_per_epoch == 3
        rows = [tuple(row) for row in plan.reshape(-1, 2).tolist()]
        assert set(rows[:5]) == {(0, 1), (3, 2), (1, 4), (4, 0), (2, 1)}
        assert rows[5] == rows[0]  # fills the last batch up


def test_a_sampler_goes_on_as_if_it_had_never_been_stopped() -> None:
    first, second = PairSampler(PAIRS, 2, seed=3), PairSampler(PAIRS, 2, seed=9)
    first.epoch()
    second.restore(first.state())
    np.testing.assert_array_equal(first.epoch(), second.epoch())


def test_the_miner_keeps_exactly_the_given_pairs() -> None:
    labels = torch.tensor([1, 0, 2, 4, 1])  # picture 1 stands there twice
    positive, negative = GivenMiner(PAIRS, 5)(torch.zeros(5, 2), labels)
    given = {frozenset((a, b)): same for a, b, same in zip(PAIRS.first, PAIRS.second, PAIRS.same, strict=True)}
    for i, a in enumerate(labels.tolist()):
        for j, b in enumerate(labels.tolist()):
            said = given.get(frozenset((a, b)))
            assert bool(positive[i, j]) == (said is not None and bool(said))
            assert bool(negative[i, j]) == (said is not None and not said)


def test_contrastive_on_given_pairs_by_hand() -> None:
    """Pictures 0 and 1 are the same, D² = 2 − 2·0.6 = 0.8; 1 and 4 are not, D = √0.4, [1 − D]² = 0.1351.

    The mean over the matches and that over the non-matches make 0.8/2 + 0.1351/2 = 0.4675.
    """
    rows = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], dtype=torch.float64)
    rows = functional.normalize(rows, dim=1)
    labels = torch.tensor([0, 1, 4])
    only = Pairs(np.array([0, 1]), np.array([1, 4]), np.array([True, False]))
    value = ContrastiveLoss()(rows, labels, GivenMiner(only, 5)(rows, labels))
    assert value.item() == pytest.approx(0.4675, abs=1e-4)


@pytest.mark.parametrize("name", [name for name, part in all_parts()["losses"].items() if part["pairs"]])
def test_every_loss_that_is_said_to_learns_from_given_pairs_and_from_nothing_else(name: str) -> None:
    loss = build("loss", LOSSES, name, {}, {"classes": 6, "dimension": 4})
    rows = torch.randn(6, 4, generator=torch.Generator().manual_seed(1)).requires_grad_()
    labels, find = torch.arange(6), GivenMiner(PAIRS, 6)  # nothing is said of picture 5
    before = functional.normalize(rows.detach(), dim=1)
    optimiser = torch.optim.SGD([rows], lr=0.1)
    for _ in range(60):
        optimiser.zero_grad()
        value = loss(functional.normalize(rows, dim=1) if loss.normalised else rows, labels, find(rows, labels))
        value.backward()
        assert torch.isfinite(value) and rows.grad is not None and torch.isfinite(rows.grad).all()
        assert not rows.grad[5].any()
        optimiser.step()
    after = functional.normalize(rows.detach(), dim=1)

    def nearness(of: torch.Tensor, same: bool) -> float:
        kept = PAIRS.same if same else ~PAIRS.same
        return float((of[PAIRS.first[kept]] * of[PAIRS.second[kept]]).sum(dim=1).mean())

    assert nearness(after, True) - nearness(after, False) > nearness(before, True) - nearness(before, False) + 0.1


def test_those_that_take_other_tuples_or_further_columns_are_not_said_to() -> None:
    said = {name for name, part in all_parts()["losses"].items() if part["pairs"]}
    assert said >= {"contrastive", "bell_bala", "margin", "multi_similarity"}
    for name in LOSSES:
        parts = build_parts(without_classes(TrainingConfig(loss=name)), [0, 1, 2, 3, 4], 5, 4)
        with contextlib.suppress(UserError) if name not in said else contextlib.nullcontext():
            taught_by_pairs(parts, PAIRS, 5)
            assert name in said


def test_what_pairs_cannot_teach_is_refused() -> None:
    with pytest.raises(UserError, match="leave --miner batch_hard away"):
        without_classes(TrainingConfig(miner="batch_hard"))
    for loss in ("triplet", "normalised_softmax", "histogram", "log_ratio"):
        parts = build_parts(without_classes(TrainingConfig(loss=loss)), [0, 1, 2, 3, 4], 5, 4)
        with pytest.raises(UserError, match=f"loss {loss} does not learn from pairs alone"):
            taught_by_pairs(parts, PAIRS, 5)
