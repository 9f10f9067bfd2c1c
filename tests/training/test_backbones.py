"""Backbones: ours, torchvision's, and torchvision's with weights from a download that may fail."""

from __future__ import annotations

import http.client
import urllib.error
from typing import Any

import pytest
import torch
import torchvision
from torchvision.models import _api as downloads

from imgsearch.errors import UserError
from imgsearch.training.backbones import BACKBONES
from imgsearch.training.backbones.build import build_backbone, map_shape
from imgsearch.training.backbones.torchvision_trunk import pretrained

TORCHVISION = ["resnet18", "regnet_y_400mf", "mobilenet_v3_small", "squeezenet1_1"]


@pytest.mark.parametrize("name", [*BACKBONES, *TORCHVISION])
def test_backbones_give_maps_of_the_shape_that_they_say(name: str) -> None:
    backbone = build_backbone(name)
    channels, height, width = map_shape(backbone, 96)
    assert backbone.training
    assert backbone.eval()(torch.zeros(2, 3, 96, 96)).shape == (2, channels, height, width)
    assert backbone(torch.zeros(1, 3, 96, 64)).shape[:2] == (1, channels)


@pytest.mark.parametrize(
    ("name", "side", "shape", "parameters"),
    [
        # 3·64·9 + 3·64·64·9 kernels, 4·2·64 of the norms
        ("conv4", 84, (64, 5, 5), 112_832),
        # of each block c → w: 9·(c·w + 2·w·w) + c·w kernels, 4·2·w of the norms
        ("resnet12", 84, (640, 5, 5), 12_424_320),
        (
            "resnet12_half",
            84,
            (320, 5, 5),
            9 * (3 * 32 + 2 * 32**2 + 32 * 80 + 2 * 80**2 + 80 * 160 + 2 * 160**2 + 160 * 320 + 2 * 320**2)
            + 3 * 32
            + 32 * 80
            + 80 * 160
            + 160 * 320
            + 8 * (32 + 80 + 160 + 320),
        ),
        ("small", 64, (256, 4, 4), 2_795_040),
    ],
)
def test_our_own_backbones_are_those_of_the_literature(
    name: str, side: int, shape: tuple[int, int, int], parameters: int
) -> None:
    backbone = build_backbone(name)
    assert map_shape(backbone, side) == shape
    assert sum(item.numel() for item in backbone.parameters()) == parameters


def test_omniglot_s_28_pixels_are_enough_for_conv4_and_8_are_too_few() -> None:
    assert map_shape(build_backbone("conv4"), 28) == (64, 1, 1)
    with pytest.raises(UserError, match="pictures of 8 pixels are too small"):
        map_shape(build_backbone("conv4"), 8)


def test_an_unknown_backbone_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UserError, match="unknown backbone 'resnet81'; did you mean 'resnet18'"):
        build_backbone("resnet81")
    with pytest.raises(UserError, match="unknown backbone 'conv5'; did you mean 'conv4'"):
        build_backbone("conv5")


def test_a_network_without_a_convolutional_trunk_is_refused() -> None:
    with pytest.raises(UserError, match="'vit_b_16' has no convolutional trunk"):
        build_backbone("vit_b_16")


def test_a_pretrained_trunk_has_the_weights_of_the_download(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    published = torchvision.models.squeezenet1_1().state_dict()
    monkeypatch.setattr(downloads, "load_state_dict_from_url", lambda *_, **__: published)
    trunk = pretrained("squeezenet1_1").state_dict()
    assert trunk and all(torch.equal(value, published[f"features.{name}"]) for name, value in trunk.items())


@pytest.mark.parametrize(
    "error",
    [
        urllib.error.URLError("Name or service not known"),
        TimeoutError("timed out"),
        http.client.IncompleteRead(b""),
        RuntimeError('invalid hash value (expected "b8a52dc0", got "00")'),
        EOFError(),
    ],
)
def test_weights_that_cannot_be_downloaded_are_one_line_with_the_remedy(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(downloads, "load_state_dict_from_url", fail)
    with pytest.raises(UserError, match=r"the weights of squeezenet1_1 cannot be loaded \(.+\); connect") as caught:
        pretrained("squeezenet1_1")
    assert "\n" not in str(caught.value) and ".pth as /" in str(caught.value)


@pytest.mark.parametrize(("name", "message"), [("small", "unknown backbone"), ("vit_b_16", "no convolutional trunk")])
def test_pretrained_weights_are_for_torchvision_s_trunks_alone(name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        pretrained(name)
