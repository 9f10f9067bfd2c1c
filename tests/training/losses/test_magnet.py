"""Magnet loss against loops, a hand-made batch, and the clusters that it keeps."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from imgsearch.training.losses.magnet import MagnetLoss
from tests.training.losses.helpers import CLASSES, DIMENSION, LABELS, batch


def naive(loss: MagnetLoss, rows: Tensor, labels: Tensor) -> float:
    members: dict[tuple[int, int], list[int]] = {}
    for i, label in enumerate(labels.tolist()):
        known = [k for k in range(loss.clusters) if loss.valid[label, k]]
        nearest = min(known, key=lambda k: float((rows[i] - loss.centres[label, k]).norm()))
        members.setdefault((label, nearest), []).append(i)
    means = {key: rows[own].mean(dim=0) for key, own in members.items()}
    key_of = {i: key for key, own in members.items() for i in own}
    squares = {(i, key): float((rows[i] - mean).square().sum()) for i in key_of for key, mean in means.items()}
    variance = sum(squares[i, key] for i, key in key_of.items()) / (len(rows) - 1)
    total = 0.0
    for i, own in key_of.items():
        others = sum(math.exp(-squares[i, key] / (2 * variance)) for key in means if key[0] != own[0])
        total += max(0.0, squares[i, own] / (2 * variance) + loss.alpha + math.log(others))
    return total / len(rows)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("options", [{}, {"clusters": 2, "alpha": 3.0}, {"clusters": 1}])
@pytest.mark.parametrize("refreshed", [False, True])
def test_it_equals_a_sum_over_loops(seed: int, options: dict[str, float], refreshed: bool) -> None:
    loss = MagnetLoss(CLASSES, DIMENSION, **options).double()  # type: ignore[arg-type]
    if refreshed:
        loss.refresh(batch(seed + 10, torch.float64), LABELS)
    rows = batch(seed, torch.float64)
    assert loss(rows, LABELS).item() == pytest.approx(naive(loss, rows, LABELS), rel=1e-10)


def test_a_hand_made_batch_of_two_classes() -> None:
    # Class 0 at 0 and 2 (mean 1), class 1 at 3 and 5 (mean 4): all four are 1 from their mean, σ² = 4/3, 2σ² = 8/3.
    # To the other mean: 16, 4, 4, 16. Terms [1/(8/3) + 1 − D²/(8/3)]₊: D² = 4 gives 1 − 3·3/8 < 0, so all are 0 with
    # α = 1; with α = 2 the inner two give 2 − 9/8 = 0.875 each, and the mean over four pictures is 0.4375.
    rows, labels = torch.tensor([[0.0], [2.0], [3.0], [5.0]]), torch.tensor([0, 0, 1, 1])
    assert MagnetLoss(2, 1)(rows, labels).item() == 0.0
    loss = MagnetLoss(2, 1, alpha=2.0)
    assert loss(rows, labels).item() == pytest.approx(0.4375)
    assert loss.active is not None and loss.active.item() == 0.5


def test_clusters_of_the_pictures_own_class_are_no_impostors() -> None:
    # As above, but class 0 comes in two clusters, at 0 and at 2, a lone picture each: they are 0 from their means, and
    # neither repels the other. Σ‖r−μ‖² = 2, σ² = 2/3. Against class 1's mean 4: 16 and 4; class 1 against 0 and 2:
    # 9, 1 and 25, 9. With α = 8 the terms are [8 − 12]₊, 8 − 3, 0.75 + 8 + log(e^(−6.75) + e^(−0.75)),
    # 0.75 + 8 + log(e^(−18.75) + e^(−6.75)).
    rows, labels = torch.tensor([[0.0], [2.0], [3.0], [5.0]]), torch.tensor([0, 0, 1, 1])
    loss = MagnetLoss(2, 1, clusters=2, alpha=8.0)
    loss.valid[0, 1] = True
    loss.centres[0] = torch.tensor([[0.0], [2.0]])
    near = 8.75 + math.log(math.exp(-6.75) + math.exp(-0.75))
    far = 8.75 + math.log(math.exp(-18.75) + math.exp(-6.75))
    assert loss(rows, labels).item() == pytest.approx((0 + 5 + near + far) / 4)


def test_a_class_of_fewer_pictures_has_fewer_clusters() -> None:
    loss = MagnetLoss(CLASSES + 1, DIMENSION)
    assert loss.valid.sum(dim=1).tolist() == [1] * 5
    loss.refresh(batch(0), LABELS)
    assert loss.valid.sum(dim=1).tolist() == [3, 2, 3, 1, 1]  # the last class has no picture at all
    assert torch.allclose(loss.centres[3, 0], batch(0)[-1])
    loss.refresh(batch(0)[:1].repeat(10, 1), LABELS)  # duplicates are one cluster
    assert loss.valid.sum(dim=1).tolist() == [1] * 5


def test_the_gradient_flows_through_means_and_variance() -> None:
    rows, labels = torch.tensor([[0.0], [1.9], [3.0], [5.0]], dtype=torch.float64), torch.tensor([0, 0, 1, 1])
    rows.requires_grad_()
    loss = MagnetLoss(2, 1, alpha=9.0).double()
    assert torch.autograd.gradcheck(lambda points: loss(points, labels), (rows,))


def test_without_an_impostor_it_is_zero_with_a_gradient_graph() -> None:
    rows = batch(0)[:3].requires_grad_()
    value = MagnetLoss(CLASSES, DIMENSION)(rows, LABELS[:3])
    torch.autograd.backward(value)
    assert value.item() == 0.0 and rows.grad is not None and not rows.grad.any()
