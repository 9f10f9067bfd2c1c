from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from imgsearch.errors import UserError
from imgsearch.metric.pairs import Pairs
from imgsearch.training.given_pairs import GivenMiner, PairSampler
from imgsearch.training.losses.contrastive import ContrastiveLoss

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


def test_what_pairs_cannot_teach_is_refused() -> None:
    from imgsearch.training.config import TrainingConfig
    from imgsearch.training.given_pairs import taught_by_pairs, without_classes
    from imgsearch.training.parts import build_parts

    with pytest.raises(UserError, match="leave --miner batch_hard away"):
        without_classes(TrainingConfig(miner="batch_hard"))
    for loss in ("triplet", "normalised_softmax", "histogram", "log_ratio"):
        parts = build_parts(without_classes(TrainingConfig(loss=loss)), [0, 1, 2, 3, 4], 5, 4)
        with pytest.raises(UserError, match=f"loss {loss} does not learn from pairs alone"):
            taught_by_pairs(parts, PAIRS, 5)
