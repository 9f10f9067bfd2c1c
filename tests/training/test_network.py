"""Backbones, pooling, the embedder, and random views."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from imgsearch.errors import UserError
from imgsearch.training.augment import augment
from imgsearch.training.backbones import build_backbone
from imgsearch.training.config import Augmentation
from imgsearch.training.embedder import Embedder, new_embedder
from imgsearch.training.pooling import GeM

STILL = Augmentation(
    smallest_crop=1.0, aspect_ratio=1.0, flip=0.0, brightness=0.0, contrast=0.0, saturation=0.0, grey=0.0
)


@pytest.mark.parametrize("name", ["small", "resnet18", "regnet_y_400mf", "mobilenet_v3_small", "squeezenet1_1"])
def test_backbones_say_how_many_channels_they_give(name: str) -> None:
    trunk, channels = build_backbone(name)
    assert trunk.eval()(torch.zeros(1, 3, 96, 64)).shape[:2] == (1, channels)


def test_an_unknown_backbone_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UserError, match="unknown backbone 'resnet81'; did you mean 'resnet18'"):
        build_backbone("resnet81")


def test_a_network_without_a_convolutional_trunk_is_refused() -> None:
    with pytest.raises(UserError, match="'vit_b_16' has no convolutional trunk"):
        build_backbone("vit_b_16")


def test_gem_is_the_mean_for_p_1_and_nears_the_maximum_for_large_p() -> None:
    maps = torch.rand(2, 3, 4, 5) + 0.1
    assert torch.allclose(GeM(1.0)(maps), maps.mean(dim=(2, 3)))
    assert torch.allclose(GeM(200.0)(maps.double()), maps.amax(dim=(2, 3)), atol=0.02)


def test_gem_equals_its_definition_and_learns_its_exponent() -> None:
    maps = torch.rand(1, 1, 2, 2) + 0.1
    pooling = GeM()
    value = pooling(maps)
    assert value.item() == pytest.approx(float(np.mean(maps.numpy() ** 3) ** (1 / 3)), rel=1e-5)
    value.sum().backward()
    assert pooling.p.grad is not None and torch.isfinite(pooling.p.grad)


def test_gem_of_dead_features_has_a_finite_gradient() -> None:
    maps = torch.zeros(1, 2, 3, 3, requires_grad=True)
    GeM()(maps).sum().backward()
    assert maps.grad is not None and torch.isfinite(maps.grad).all()


@pytest.mark.parametrize(("dimension", "expected"), [(None, 256), (32, 32)])
def test_embeddings_have_unit_length_and_the_size_asked_for(dimension: int | None, expected: int) -> None:
    embedder = Embedder("small", dimension).eval()
    rows = embedder(torch.randint(0, 256, (3, 48, 48, 3), dtype=torch.uint8))
    assert rows.shape == (3, expected) and rows.dtype == torch.float32 and embedder.dimension == expected
    assert torch.allclose(rows.norm(dim=1), torch.ones(3), atol=1e-6)


def test_the_same_seed_makes_the_same_network() -> None:
    first, second, other = (new_embedder("small", None, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_a_view_without_variation_is_the_picture() -> None:
    pictures = torch.randint(0, 256, (2, 32, 32, 3), dtype=torch.uint8)
    views = augment(pictures, 32, STILL, torch.Generator())
    assert torch.allclose(views, pictures.permute(0, 3, 1, 2).float(), atol=0.01)


def test_views_have_the_size_asked_for_stay_in_range_and_follow_their_seed() -> None:
    pictures = torch.randint(0, 256, (8, 40, 40, 3), dtype=torch.uint8)
    first, second, third = (
        augment(pictures, 24, Augmentation(), torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert first.shape == (8, 3, 24, 24)
    assert float(first.min()) >= 0 and float(first.max()) <= 255
    assert torch.equal(first, second) and not torch.equal(first, third)


def test_a_crop_shows_a_part_of_the_picture_and_nothing_else() -> None:
    """On a ramp from left to right, a crop's values lie between its ends and span the width that was cropped."""
    ramp = torch.arange(64, dtype=torch.uint8).view(1, 1, 64, 1).expand(64, 64, 64, 3)
    only_crops = Augmentation(0.3, 4 / 3, 0.0, 0.0, 0.0, 0.0, 0.0)
    views = augment(ramp.contiguous(), 64, only_crops, torch.Generator().manual_seed(0))
    spans = views[:, 0, 32, -1] - views[:, 0, 32, 0]
    assert (spans > 0.3**0.5 * (3 / 4) ** 0.5 * 63 - 2).all() and (spans <= 63).all()
    assert float(spans.std()) > 3


def test_flips_mirror_about_half_of_the_views_and_grey_takes_the_colour_away() -> None:
    ramp = torch.arange(64, dtype=torch.uint8).view(1, 1, 64, 1).expand(400, 64, 64, 3).contiguous()
    mirrored = augment(ramp, 16, Augmentation(1.0, 1.0, 0.5, 0, 0, 0, 0), torch.Generator().manual_seed(0))
    assert 150 < int((mirrored[:, 0, 8, 0] > mirrored[:, 0, 8, -1]).sum()) < 250
    red = torch.zeros(1, 16, 16, 3, dtype=torch.uint8)
    red[..., 0] = 200
    grey = augment(red, 16, Augmentation(1.0, 1.0, 0, 0, 0, 0, 1.0), torch.Generator())
    assert torch.allclose(grey, torch.full_like(grey, 0.299 * 200), atol=0.1)
