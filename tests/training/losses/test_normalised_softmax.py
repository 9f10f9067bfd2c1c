"""Normalised softmax against cross-entropy written out, and pytorch-metric-learning."""

from __future__ import annotations

import math

import pytest
import torch
from pytorch_metric_learning import losses as oracle

from imgsearch.training.losses.normalised_softmax import NormalisedSoftmaxLoss
from tests.training.losses.helpers import LABELS, batch


def test_it_equals_cross_entropy_written_out() -> None:
    torch.manual_seed(0)
    loss = NormalisedSoftmaxLoss(classes=4, dimension=6, temperature=0.1).double()
    embeddings, total = batch(0, torch.float64), 0.0
    for row, label in zip(embeddings, LABELS.tolist(), strict=True):
        cosines = [float(row @ proxy / proxy.norm()) for proxy in loss.proxies.detach()]
        total -= math.log(math.exp(cosines[label] / 0.1) / sum(math.exp(cosine / 0.1) for cosine in cosines))
    assert loss(embeddings, LABELS).item() == pytest.approx(total / len(LABELS), rel=1e-12)


def test_it_agrees_with_pytorch_metric_learning() -> None:
    loss = NormalisedSoftmaxLoss(classes=4, dimension=6).double()
    other = oracle.NormalizedSoftmaxLoss(num_classes=4, embedding_size=6, temperature=0.05).double()
    with torch.no_grad():
        other.W.copy_(loss.proxies.T)
    embeddings = batch(1, torch.float64)
    assert loss(embeddings, LABELS).item() == pytest.approx(other(embeddings, LABELS).item())


@pytest.mark.parametrize("smoothing", [0.1, 0.5])
def test_label_smoothing_shares_a_part_of_the_target_among_all_classes_alike(smoothing: float) -> None:
    torch.manual_seed(0)
    loss = NormalisedSoftmaxLoss(classes=4, dimension=6, temperature=0.1, smoothing=smoothing).double()
    embeddings, total = batch(2, torch.float64), 0.0
    for row, label in zip(embeddings, LABELS.tolist(), strict=True):
        exponents = [float(row @ proxy / proxy.norm()) / 0.1 for proxy in loss.proxies.detach()]
        everyone = math.log(sum(map(math.exp, exponents)))
        for number, exponent in enumerate(exponents):
            total -= ((1 - smoothing) * (number == label) + smoothing / 4) * (exponent - everyone)
    assert loss(embeddings, LABELS).item() == pytest.approx(total / len(LABELS), rel=1e-12)


def test_the_length_of_a_proxy_changes_nothing() -> None:
    torch.manual_seed(0)
    loss, embeddings = NormalisedSoftmaxLoss(classes=4, dimension=6).double(), batch(3, torch.float64)
    before = loss(embeddings, LABELS).item()
    with torch.no_grad():
        loss.proxies.mul_(torch.tensor([[0.1], [1.0], [10.0], [100.0]]))
    assert loss(embeddings, LABELS).item() == pytest.approx(before, rel=1e-12)


def test_active_is_the_share_of_pictures_nearer_to_another_classs_proxy() -> None:
    loss = NormalisedSoftmaxLoss(classes=2, dimension=2)
    with torch.no_grad():
        loss.proxies.copy_(torch.eye(2))
    loss(torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8], [0.0, 1.0]]), torch.tensor([0, 0, 0, 1]))
    assert loss.active is not None and loss.active.item() == 0.25
