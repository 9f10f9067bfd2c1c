"""Batch-hard mining against loops and pytorch-metric-learning."""

from __future__ import annotations

import pytest
import torch
from pytorch_metric_learning import miners
from torch import Tensor

from imgsearch.training.miners.batch_hard import BatchHardMiner
from tests.training.losses.helpers import LABELS, batch


def naive(embeddings: Tensor, labels: list[int]) -> list[tuple[int, int, int]]:
    found = []
    for anchor in range(len(labels)):

        def distance(other: int, anchor: int = anchor) -> float:
            return float((embeddings[anchor] - embeddings[other]).norm())

        positives = [other for other in range(len(labels)) if labels[other] == labels[anchor] and other != anchor]
        negatives = [other for other in range(len(labels)) if labels[other] != labels[anchor]]
        if positives and negatives:
            found.append((anchor, max(positives, key=distance), min(negatives, key=distance)))
    return found


@pytest.mark.parametrize("seed", range(10))
def test_it_finds_what_loops_and_pytorch_metric_learning_find(seed: int) -> None:
    embeddings = batch(seed, torch.float64)
    found = BatchHardMiner()(embeddings, LABELS)
    assert list(zip(*(part.tolist() for part in found), strict=True)) == naive(embeddings, LABELS.tolist())
    for part, expected in zip(found, miners.BatchHardMiner()(embeddings, LABELS), strict=True):
        assert torch.equal(part, expected)


def test_an_anchor_is_not_its_own_positive_even_among_copies() -> None:
    found = BatchHardMiner()(torch.ones(4, 3), torch.tensor([0, 0, 0, 1]))
    assert (found.anchor != found.positive).all() and found.anchor.tolist() == [0, 1, 2]
