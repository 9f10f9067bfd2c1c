"""What every miner keeps, whichever it is: a new line in the registry is tested here from then on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from imgsearch.registry import build
from imgsearch.training.miners import MINERS
from imgsearch.training.tuples import Pairs, Tuples
from tests.training.losses.helpers import LABELS, batch, permuted

DETERMINISTIC = ("batch_all", "batch_hard", "multi_similarity")
"""Miners that draw nothing, and do not look at the order of the batch as `as_sampled` does."""


def mine(name: str, embeddings: Tensor, labels: Tensor, seed: int = 0) -> Tuples:
    torch.manual_seed(seed)
    miner: Callable[[Tensor, Tensor], Tuples] = build("miner", MINERS, name, {}, {})
    return miner(embeddings, labels)


def rows(tuples: Tuples) -> list[list[int]]:
    """Pairs or triplets as sorted rows of indices, matches marked by 0 and non-matches by 1."""
    if isinstance(tuples, Pairs):
        return [[kind, *pair] for kind, mask in enumerate(tuples) for pair in mask.nonzero().tolist()]
    return sorted(torch.stack(list(tuples), dim=1).tolist())


def check(found: Tuples, labels: Tensor) -> None:
    """Positives are others of the anchor's class, negatives of another."""
    if isinstance(found, Pairs):
        anchor, positive = found.positive.nonzero(as_tuple=True)
        with_negative, negative = found.negative.nonzero(as_tuple=True)
        assert found.positive.shape == found.negative.shape == (len(labels), len(labels))
    else:
        anchor, positive, negative = found[:3]
        with_negative = anchor
        assert all(part.dtype == torch.long and part.shape == anchor.shape for part in found)
    assert (labels[anchor] == labels[positive]).all() and (anchor != positive).all()
    assert (labels[with_negative] != labels[negative]).all()


@pytest.mark.parametrize("name", MINERS)
class TestEveryMiner:
    @pytest.mark.parametrize("seed", range(5))
    @pytest.mark.parametrize("spread", [0.1, 1.0, 3.0])
    def test_positives_are_others_of_the_anchors_class_and_negatives_of_other_classes(
        self, name: str, seed: int, spread: float
    ) -> None:
        for order in (torch.arange(len(LABELS)), torch.tensor([0, 3, 1, 5, 2, 4, 6, 9, 7, 8])):
            check(mine(name, batch(seed, spread=spread), LABELS[order], seed), LABELS[order])

    @pytest.mark.parametrize(
        "labels", [[0, 0, 0, 0], [0, 1, 2, 3], [0, 0, 1, 2], [2]], ids=["one", "lone", "some lone", "one picture"]
    )
    def test_odd_batches_are_no_error_and_give_no_triplet_where_there_is_none(
        self, name: str, labels: list[int]
    ) -> None:
        found = mine(name, batch(1)[: len(labels)], torch.tensor(labels))
        check(found, torch.tensor(labels))
        if len(set(labels)) in (1, len(labels)) and not isinstance(found, Pairs):
            assert rows(found) == []

    def test_copies_of_one_picture_are_no_error(self, name: str) -> None:
        check(mine(name, batch(2)[:1].repeat(len(LABELS), 1), LABELS), LABELS)

    @pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
    def test_embeddings_may_have_any_precision_and_a_gradient(self, name: str, dtype: torch.dtype) -> None:
        check(mine(name, batch(3).to(dtype).requires_grad_(), LABELS), LABELS)

    def test_the_same_global_seed_finds_the_same(self, name: str) -> None:
        embeddings = batch(4)
        assert rows(mine(name, embeddings, LABELS, seed=5)) == rows(mine(name, embeddings, LABELS, seed=5))

    def test_embeddings_and_labels_stay_as_they_are(self, name: str) -> None:
        embeddings, labels = batch(5), LABELS.clone()
        mine(name, embeddings, labels)
        assert torch.equal(embeddings, batch(5)) and torch.equal(labels, LABELS)


@pytest.mark.parametrize("name", [name for name in MINERS if name in DETERMINISTIC])
@pytest.mark.parametrize("seed", range(5))
def test_reordering_the_batch_reorders_what_is_found_and_changes_nothing_else(name: str, seed: int) -> None:
    embeddings = batch(seed, torch.float64)
    order = torch.randperm(len(LABELS), generator=torch.Generator().manual_seed(seed))
    expected = permuted(mine(name, embeddings, LABELS), order)
    assert expected is not None
    assert rows(mine(name, embeddings[order], LABELS[order])) == rows(expected)
