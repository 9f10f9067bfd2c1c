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
