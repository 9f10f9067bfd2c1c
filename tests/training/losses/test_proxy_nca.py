"""ProxyNCA++ against its formula written out, and pytorch-metric-learning."""

from __future__ import annotations

import math

import pytest
import torch
from pytorch_metric_learning import losses as oracle

from imgsearch.training.losses.proxy_nca import ProxyNCALoss
from tests.training.losses.helpers import LABELS, batch


def ready(scale: float = 3.0) -> ProxyNCALoss:
    torch.manual_seed(0)
    loss = ProxyNCALoss(classes=4, dimension=6, scale=scale).double()
    with torch.no_grad():
        loss.proxies.mul_(torch.tensor([[0.5], [1.0], [2.0], [3.0]]))
    return loss


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_it_equals_its_formula_written_out(seed: int, scale: float) -> None:
    loss, total = ready(scale), 0.0
    embeddings = batch(seed, torch.float64)
    for row, label in zip(embeddings, LABELS.tolist(), strict=True):
        exponents = [-float((scale * row - scale * p / p.norm()).square().sum()) for p in loss.proxies.detach()]
        total -= math.log(math.exp(exponents[label]) / sum(map(math.exp, exponents)))
    assert loss(embeddings, LABELS).item() == pytest.approx(total / len(LABELS), rel=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_pytorch_metric_learning_whose_scale_is_the_square(seed: int) -> None:
    loss = ready()
    other = oracle.ProxyNCALoss(num_classes=4, embedding_size=6, softmax_scale=9).double()
    with torch.no_grad():
        other.proxies.copy_(loss.proxies)
    embeddings = batch(seed, torch.float64)
    assert loss(embeddings, LABELS).item() == pytest.approx(other(embeddings, LABELS).item())


def test_the_own_proxy_is_in_the_denominator_so_the_loss_is_never_negative() -> None:
    loss = ready(scale=10.0)
    proxies = torch.nn.functional.normalize(loss.proxies.detach(), dim=1)
    assert 0 <= loss(proxies, torch.arange(4)).item() < 1e-3
