"""Proxy-Anchor loss against loops, and pytorch-metric-learning."""

from __future__ import annotations

import math

import pytest
import torch
from pytorch_metric_learning import losses as oracle
from torch import Tensor
from torch.nn import functional

from imgsearch.training.losses.proxy_anchor import ProxyAnchorLoss
from tests.training.losses.helpers import LABELS, batch

CLASSES = 6
"""Two more than the batch has."""


def ready(**options: float) -> ProxyAnchorLoss:
    torch.manual_seed(0)
    return ProxyAnchorLoss(classes=CLASSES, dimension=6, **options).double()


def naive(embeddings: Tensor, labels: list[int], proxies: Tensor, margin: float, alpha: float) -> float:
    attraction, repulsion = [], []
    for number, proxy in enumerate(functional.normalize(proxies, dim=1)):
        near = far = 0.0
        for row, label in zip(embeddings, labels, strict=True):
            similarity = float(row @ proxy)
            if label == number:
                near += math.exp(-alpha * (similarity - margin))
            else:
                far += math.exp(alpha * (similarity + margin))
        if number in labels:
            attraction.append(math.log(1 + near))
        repulsion.append(math.log(1 + far))
    return sum(attraction) / len(attraction) + sum(repulsion) / len(proxies)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("options", [{}, {"margin": 0.3, "alpha": 5.0}])
def test_it_equals_a_sum_over_loops(seed: int, options: dict[str, float]) -> None:
    loss, embeddings = ready(**options), batch(seed, torch.float64)
    expected = naive(embeddings, LABELS.tolist(), loss.proxies.detach(), loss.margin, loss.alpha)
    assert loss(embeddings, LABELS).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_pytorch_metric_learning(seed: int) -> None:
    loss = ready()
    other = oracle.ProxyAnchorLoss(num_classes=CLASSES, embedding_size=6, margin=0.1, alpha=32).double()
    with torch.no_grad():
        other.proxies.copy_(loss.proxies)
    embeddings = batch(seed, torch.float64)
    assert loss(embeddings, LABELS).item() == pytest.approx(other(embeddings, LABELS).item())


def test_a_class_that_is_not_in_the_batch_only_repels() -> None:
    loss, embeddings = ready(), batch(0, torch.float64)
    torch.autograd.backward(loss(embeddings, LABELS))
    assert loss.proxies.grad is not None
    # A step against the gradient takes an absent class's proxy farther from the picture nearest to it.
    absent = loss.proxies.detach()[5]
    nearest = embeddings[(embeddings @ absent).argmax()]
    assert float(-loss.proxies.grad[5] @ nearest) < 0
