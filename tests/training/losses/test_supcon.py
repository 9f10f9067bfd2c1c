"""Supervised contrastive loss against loops, a hand-made batch, and pytorch-metric-learning."""

from __future__ import annotations

import math

import pytest
import torch
from pytorch_metric_learning import losses as oracle
from torch import Tensor

from imgsearch.training.losses.supcon import SupConLoss
from tests.training.losses.helpers import LABELS, batch


def naive(embeddings: Tensor, labels: list[int], temperature: float) -> float:
    terms = []
    for anchor, label in enumerate(labels):
        others = [i for i in range(len(labels)) if i != anchor]
        exponent = {i: float(embeddings[anchor] @ embeddings[i]) / temperature for i in others}
        everyone = sum(math.exp(value) for value in exponent.values())
        positives = [i for i in others if labels[i] == label]
        if positives:
            terms.append(-sum(math.log(math.exp(exponent[p]) / everyone) for p in positives) / len(positives))
    return sum(terms) / len(terms)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_it_equals_a_sum_over_loops(seed: int, temperature: float) -> None:
    embeddings = batch(seed, torch.float64)
    expected = naive(embeddings, LABELS.tolist(), temperature)
    assert SupConLoss(temperature)(embeddings, LABELS).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_pytorch_metric_learning(seed: int) -> None:
    embeddings = batch(seed, torch.float64)
    expected = oracle.SupConLoss(temperature=0.1)(embeddings, LABELS)
    assert SupConLoss()(embeddings, LABELS).item() == pytest.approx(expected.item())


def test_a_hand_made_batch_in_which_the_stranger_is_no_anchor() -> None:
    # S(a, p) = 0.6, S(a, n) = 0, S(p, n) = 0.8, τ = 1: the pair's terms are log(1 + e^(0 − 0.6)) and
    # log(1 + e^(0.8 − 0.6)); the stranger has no positive and is not in the mean.
    embeddings = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], dtype=torch.float64)
    expected = (math.log(1 + math.exp(-0.6)) + math.log(1 + math.exp(0.2))) / 2
    value = SupConLoss(temperature=1.0)(embeddings, torch.tensor([0, 0, 1]))
    assert value.item() == pytest.approx(expected, rel=1e-12)


def test_a_tiny_temperature_overflows_nothing() -> None:
    embeddings = batch(0).requires_grad_()
    value = SupConLoss(temperature=1e-3)(embeddings, LABELS)
    torch.autograd.backward(value)
    assert torch.isfinite(value) and embeddings.grad is not None and torch.isfinite(embeddings.grad).all()
