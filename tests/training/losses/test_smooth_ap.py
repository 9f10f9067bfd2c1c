"""Smooth-AP against loops, and the exact average precision for a low temperature."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from torch import Tensor

from imgsearch.training.losses.smooth_ap import SmoothAPLoss
from tests.training.losses.helpers import LABELS, batch


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > 0 else math.exp(value) / (1 + math.exp(value))


def naive(embeddings: Tensor, labels: list[int], temperature: float) -> float:
    similarity, precisions = (embeddings @ embeddings.T).tolist(), []
    for query, label in enumerate(labels):
        others = [i for i in range(len(labels)) if i != query]
        positives = [i for i in others if labels[i] == label]
        ratios = []
        for p in positives:
            ahead = {i: sigmoid((similarity[query][i] - similarity[query][p]) / temperature) for i in others if i != p}
            ratios.append((1 + sum(ahead[i] for i in positives if i != p)) / (1 + sum(ahead.values())))
        if positives:
            precisions.append(sum(ratios) / len(ratios))
    return 1 - sum(precisions) / len(precisions)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("temperature", [0.01, 0.1, 1.0])
def test_it_equals_a_sum_over_loops(seed: int, temperature: float) -> None:
    embeddings = batch(seed, torch.float64)
    expected = naive(embeddings, LABELS.tolist(), temperature)
    assert SmoothAPLoss(temperature)(embeddings, LABELS).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_at_a_low_temperature_it_is_the_exact_average_precision(seed: int) -> None:
    embeddings = batch(seed, torch.float64)
    similarity, exact = (embeddings @ embeddings.T).numpy(), []
    for query, label in enumerate(LABELS.tolist()):
        hits = np.delete(LABELS.numpy() == label, query)
        if hits.any():
            exact.append(average_precision_score(hits, np.delete(similarity[query], query)))
    assert SmoothAPLoss(1e-7)(embeddings, LABELS).item() == pytest.approx(1 - np.mean(exact), abs=1e-9)


def test_the_query_is_no_hit_of_its_own() -> None:
    # First query: the stranger lies on it, its hit opposite, AP ½. Second: hit and stranger tie, rank 1½, AP ⅔.
    row = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    embeddings = torch.cat([row, -row, row])
    value = SmoothAPLoss()(embeddings, torch.tensor([0, 0, 1]))
    assert value.item() == pytest.approx(1 - (1 / 2 + 2 / 3) / 2, rel=1e-12)


def test_classes_in_any_order_and_of_any_size_are_fine() -> None:
    embeddings, labels = batch(0, torch.float64)[:6], torch.tensor([7, 3, 7, 7, 3, 11])
    expected = naive(embeddings, labels.tolist(), 0.01)
    assert SmoothAPLoss()(embeddings, labels).item() == pytest.approx(expected, rel=1e-10)


def test_with_one_class_every_order_is_right() -> None:
    assert SmoothAPLoss()(batch(0), torch.zeros(10, dtype=torch.long)).item() == 0.0
