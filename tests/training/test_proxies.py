from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from imgsearch.training.losses.normalised_softmax import NormalisedSoftmaxLoss
from imgsearch.training.proxies import ProxyLoss


def unit(*rows: list[float]) -> torch.Tensor:
    return functional.normalize(torch.tensor(rows, dtype=torch.float32), dim=1)


def test_a_proxy_begins_where_its_class_is_seen_from_the_middle() -> None:
    """Classes at (1, 0) and (0, 1): the mean is (½, ½), so the proxies point to (½, −½) and (−½, ½)."""
    loss = ProxyLoss(3, 2)
    before = loss.proxies.detach().clone()
    loss.meet(unit([1, 0], [1, 0], [0, 1], [0, 1]), torch.tensor([2, 2, 0, 0]))
    assert torch.allclose(
        loss.proxies.detach(), torch.stack([unit([-1, 1])[0], before[1], unit([1, -1])[0]]), atol=1e-6
    )


def test_a_proxy_is_left_to_learning_once_its_class_has_come() -> None:
    loss = ProxyLoss(2, 2)
    labels = torch.tensor([0, 0, 1, 1])
    loss.meet(unit([1, 0], [1, 0], [0, 1], [0, 1]), labels)
    kept = loss.proxies.detach().clone()
    loss.meet(unit([0, 1], [0, 1], [1, 0], [1, 0]), labels)
    assert torch.equal(loss.proxies.detach(), kept)


def test_meeting_survives_a_checkpoint() -> None:
    loss, resumed = NormalisedSoftmaxLoss(2, 2), NormalisedSoftmaxLoss(2, 2)
    loss.meet(unit([1, 0], [0, 1]), torch.tensor([0, 1]))
    resumed.load_state_dict(loss.state_dict())
    resumed.meet(unit([0, 1], [1, 0]), torch.tensor([0, 1]))
    assert torch.equal(resumed.proxies.detach(), loss.proxies.detach())


def test_pictures_told_apart_already_start_with_no_mistake() -> None:
    torch.manual_seed(0)
    labels = torch.arange(16).repeat_interleave(2)
    # as of a network that ends in a rectifier: all alike to begin with
    rows = functional.normalize(5 + torch.rand(16, 32)[labels] + 0.05 * torch.rand(32, 32), dim=1)
    at_random, imprinted = NormalisedSoftmaxLoss(16, 32), NormalisedSoftmaxLoss(16, 32)
    imprinted.meet(rows, labels)
    for loss in (at_random, imprinted):
        loss(rows, labels)
    assert imprinted.active is not None and at_random.active is not None
    assert imprinted.active.item() == 0
    assert at_random.active.item() > 0.5


def test_identical_pictures_put_no_nan_into_a_proxy() -> None:
    loss = ProxyLoss(2, 2)
    loss.meet(unit([1, 0], [1, 0]), torch.tensor([0, 1]))
    assert torch.isfinite(loss.proxies).all()
    assert loss.proxies.detach().abs().sum().item() == pytest.approx(0)
