"""Listwise AP loss against loops, and the exact average precision where that can be reached."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from torch import Tensor

from imgsearch.training.losses.listwise_ap import ListwiseAPLoss
from tests.training.losses.helpers import LABELS, batch


def naive(embeddings: Tensor, labels: list[int], bins: int) -> float:
    step, losses = 2 / (bins - 1), []
    for query, label in enumerate(labels):
        hits, total = [0.0] * bins, [0.0] * bins
        for other in range(len(labels)):
            if other != query:
                similarity = float(embeddings[query] @ embeddings[other])
                for m in range(bins):
                    share = max(0.0, 1 - abs(similarity - (1 - m * step)) / step)
                    total[m] += share
                    hits[m] += share * (labels[other] == label)
        relevant = labels.count(label) - 1
        if relevant:
            precisions = [sum(hits[: m + 1]) / max(sum(total[: m + 1]), 1e-300) for m in range(bins)]
            losses.append(1 - sum(p * hit / relevant for p, hit in zip(precisions, hits, strict=True)))
    return sum(losses) / len(losses)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("bins", [5, 25])
def test_it_equals_a_sum_over_loops(seed: int, bins: int) -> None:
    embeddings = batch(seed, torch.float64)
    expected = naive(embeddings, LABELS.tolist(), bins)
    assert ListwiseAPLoss(bins)(embeddings, LABELS).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_exact_where_every_similarity_is_a_bin_of_its_own(seed: int) -> None:
    # A similarity between two bins is shared between them, and so counts as retrieved in two parts, however many bins
    # there are; only at the bins themselves is the quantised average precision the exact one. So: unit vectors
    # whose similarities are multiples of 2/2000, distinct, and small enough for their matrix to be positive definite.
    rng = np.random.default_rng(seed)
    count = len(LABELS)
    gram = np.eye(count)
    upper = np.triu_indices(count, k=1)
    gram[upper] = rng.permutation(np.arange(-50, 50))[: len(upper[0])] / 1000
    gram = np.maximum(gram, gram.T) + np.minimum(gram, gram.T)
    embeddings = torch.from_numpy(np.linalg.cholesky(gram))

    exact = []
    for query, label in enumerate(LABELS.tolist()):
        hits = np.delete(LABELS.numpy() == label, query)
        if hits.any():
            exact.append(average_precision_score(hits, np.delete(gram[query], query)))
    assert ListwiseAPLoss(bins=2001)(embeddings, LABELS).item() == pytest.approx(1 - np.mean(exact), abs=1e-9)


def test_a_hand_made_batch_of_one_pair_and_one_stranger() -> None:
    # Bins at 1, ½, 0, −½, −1. The first query sees its hit at 0.6, 0.2 of it in the first bin and 0.8 in the second,
    # and nothing but hits before the last of it: AP 1. The second sees its hit in the same bins and the stranger at
    # 0.8, 0.6 and 0.4 of it: AP = 0.2·(0.2/0.8) + 0.8·(1/2) = 0.45. The stranger has no positive and is no query.
    embeddings = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], dtype=torch.float64)
    value = ListwiseAPLoss(bins=5)(embeddings, torch.tensor([0, 0, 1]))
    assert value.item() == pytest.approx((0 + 0.55) / 2, rel=1e-12)


def test_the_query_is_no_hit_of_its_own() -> None:
    # Were it one, both queries would find something right before the stranger that lies on them.
    row = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    embeddings = torch.cat([row, -row, row])
    # First query: stranger at 1, hit at −1, AP ½. Second: hit and stranger both at −1, shared: AP ½.
    assert ListwiseAPLoss()(embeddings, torch.tensor([0, 0, 1])).item() == pytest.approx(0.5, rel=1e-12)


def test_classes_in_any_order_and_of_any_size_are_fine() -> None:
    embeddings, labels = batch(0, torch.float64)[:6], torch.tensor([7, 3, 7, 7, 3, 11])
    expected = naive(embeddings, labels.tolist(), 25)
    assert ListwiseAPLoss()(embeddings, labels).item() == pytest.approx(expected, rel=1e-10)
