"""The multi-similarity miner against loops."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from imgsearch.training.miners.multi_similarity import MultiSimilarityMiner
from imgsearch.training.tuples import Pairs
from tests.training.losses.helpers import LABELS, batch


def naive(embeddings: Tensor, labels: Tensor, epsilon: float) -> Pairs:
    count = len(labels)
    kept = Pairs(torch.zeros(count, count, dtype=torch.bool), torch.zeros(count, count, dtype=torch.bool))
    for anchor in range(count):
        similarity = [float(embeddings[anchor] @ embeddings[other]) for other in range(count)]
        positives = [other for other in range(count) if other != anchor and labels[other] == labels[anchor]]
        negatives = [other for other in range(count) if labels[other] != labels[anchor]]
        if not positives or not negatives:
            continue
        for other in positives:
            kept.positive[anchor, other] = similarity[other] < max(similarity[n] for n in negatives) + epsilon
        for other in negatives:
            kept.negative[anchor, other] = similarity[other] > min(similarity[p] for p in positives) - epsilon
    return kept


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("spread", [0.3, 1.0, 3.0])
def test_it_keeps_what_the_definition_keeps(seed: int, spread: float) -> None:
    embeddings = batch(seed, torch.float64, spread)
    kept, expected = MultiSimilarityMiner(0.1)(embeddings, LABELS), naive(embeddings, LABELS, 0.1)
    assert torch.equal(kept.positive, expected.positive) and torch.equal(kept.negative, expected.negative)
