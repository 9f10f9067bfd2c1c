"""ArcFace against its formula written out with angles, and pytorch-metric-learning."""

from __future__ import annotations

import math

import pytest
import torch
from pytorch_metric_learning import losses as oracle
from torch import Tensor
from torch.nn import functional

from imgsearch.training.losses.arcface import ArcFaceLoss
from tests.training.losses.helpers import LABELS, batch


def ready(**options: float) -> ArcFaceLoss:
    torch.manual_seed(0)
    return ArcFaceLoss(classes=4, dimension=6, **options).double()


def naive(embeddings: Tensor, labels: list[int], proxies: Tensor, scale: float, margin: float) -> float:
    total = 0.0
    for row, label in zip(embeddings, labels, strict=True):
        cosines = [max(-1.0, min(1.0, float(row @ proxy / proxy.norm()))) for proxy in proxies]
        angle = math.acos(cosines[label])
        fallback = cosines[label] - margin * math.sin(margin)
        cosines[label] = math.cos(angle + margin) if angle + margin <= math.pi else fallback
        highest = max(cosines)
        total += math.log(sum(math.exp(scale * (cosine - highest)) for cosine in cosines))
        total += scale * (highest - cosines[label])
    return total / len(labels)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("options", [{}, {"scale": 4.0, "margin": 1.5}])
def test_it_equals_its_formula_written_out(seed: int, options: dict[str, float]) -> None:
    loss, embeddings = ready(**options), batch(seed, torch.float64)
    expected = naive(embeddings, LABELS.tolist(), loss.proxies.detach(), loss.scale, loss.margin)
    assert loss(embeddings, LABELS).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_pytorch_metric_learning_whose_margin_is_in_degrees(seed: int) -> None:
    loss = ready()
    other = oracle.ArcFaceLoss(num_classes=4, embedding_size=6, margin=math.degrees(0.5), scale=64).double()
    with torch.no_grad():
        other.W.copy_(loss.proxies.T)
    embeddings = batch(seed, torch.float64)
    assert loss(embeddings, LABELS).item() == pytest.approx(other(embeddings, LABELS).item())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["on it", "opposite"])
def test_a_picture_on_its_proxy_or_opposite_has_a_finite_gradient(dtype: torch.dtype, sign: float) -> None:
    loss = ready().to(dtype)
    raw = (sign * loss.proxies.detach()).clone().requires_grad_()
    torch.autograd.backward(loss(functional.normalize(raw, dim=1), torch.arange(4)))
    assert raw.grad is not None and torch.isfinite(raw.grad).all()
    assert loss.proxies.grad is not None and torch.isfinite(loss.proxies.grad).all()


def test_beyond_pi_less_the_margin_the_own_logit_still_falls_with_the_angle() -> None:
    # One proxy along x, one across along y. With cos(θ + m) alone, the loss would fall again from θ = π − m on.
    loss = ArcFaceLoss(classes=2, dimension=2, scale=1.0).double()
    with torch.no_grad():
        loss.proxies.copy_(torch.eye(2))
    angles = torch.linspace(0.0, math.pi, 200, dtype=torch.float64)
    rows = torch.stack([angles.cos(), angles.sin()], dim=1)
    # The loss is log(1 + e^(sin θ − logit)).
    logits = torch.stack([row[1] - loss(row[None, :], torch.tensor([0])).expm1().log() for row in rows])
    assert (logits.diff() < 0).all()


def test_without_a_margin_it_is_normalised_softmax() -> None:
    loss, embeddings = ready(margin=0.0), batch(0, torch.float64)
    cosines = embeddings @ functional.normalize(loss.proxies, dim=1).T
    expected = functional.cross_entropy(64 * cosines, LABELS)
    assert loss(embeddings, LABELS).item() == pytest.approx(expected.item(), rel=1e-12)
