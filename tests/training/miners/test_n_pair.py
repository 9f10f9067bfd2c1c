"""N-pair batches."""

from __future__ import annotations

import pytest
import torch

from imgsearch.training.miners.n_pair import NPairMiner
from tests.training.losses.helpers import LABELS, batch


@pytest.mark.parametrize("seed", range(20))
def test_each_class_of_two_gives_one_pair_and_its_negatives_are_the_other_classes_positives(seed: int) -> None:
    torch.manual_seed(seed)
    kept = NPairMiner()(batch(), LABELS)
    anchors, positives = kept.positive.nonzero(as_tuple=True)
    assert sorted(LABELS[anchors].tolist()) == [0, 1, 2]  # the class of one picture has none
    assert torch.equal(LABELS[anchors], LABELS[positives]) and not (anchors == positives).any()
    expected = {(a, p) for a in anchors.tolist() for p in positives.tolist() if LABELS[a] != LABELS[p]}
    assert {(a, n) for a, n in kept.negative.nonzero().tolist()} == expected


def test_all_pictures_of_a_class_come_up_as_anchors() -> None:
    seen: set[int] = set()
    for seed in range(60):
        torch.manual_seed(seed)
        seen |= set(NPairMiner()(batch(), LABELS).positive.nonzero()[:, 0].tolist())
    assert seen == set(range(9))
