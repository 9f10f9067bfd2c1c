"""Each pooling against its definition, written out with loops, and all of them through what any pooling must bear."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from imgsearch.errors import UserError
from imgsearch.registry import build
from imgsearch.training.embedder import new_embedder
from imgsearch.training.export import export
from imgsearch.training.poolings import POOLINGS
from imgsearch.training.poolings.gem import GeM
from imgsearch.training.poolings.mac import MAC
from imgsearch.training.poolings.r_mac import RMAC
from imgsearch.training.poolings.spoc import SPoC
from imgsearch.training.poolings.vectorise_fc import VectoriseFC

SIZES = [(1, 1), (2, 3), (4, 4), (7, 5), (3, 20), (16, 2)]


def maps_of(height: int, width: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.relu(torch.randn(2, 5, height, width, generator=generator))


def pooling_for(name: str, maps: Tensor) -> nn.Module:
    torch.manual_seed(0)
    made: nn.Module = build(
        "pooling", POOLINGS, name, {}, {"channels": maps.shape[1], "map_size": tuple(maps.shape[2:])}
    )
    return made


def regions_of(height: int, width: int, levels: int) -> list[tuple[int, int, int]]:
    """(top, left, size) of R-MAC's regions, the number along the longer side found by trying all overlaps."""
    short, long = min(height, width), max(height, width)
    extra = 0
    if long > short:
        overlaps = {more: 1 - (long - short) / more / short for more in range(1, 7)}
        extra = min(overlaps, key=lambda more: (round(abs(overlaps[more] - 0.4), 9), more))
    found = []
    for level in range(1, levels + 1):
        size = max(1, 2 * short // (level + 1))
        down, across = level + extra * (height > width), level + extra * (width > height)
        for row in range(down):
            for column in range(across):
                top = row * (height - size) // max(1, down - 1)
                left = column * (width - size) // max(1, across - 1)
                found.append((top, left, size))
    return found


@pytest.mark.parametrize("size", SIZES)
def test_spoc_mac_and_gem_are_mean_maximum_and_generalised_mean(size: tuple[int, int]) -> None:
    maps = maps_of(*size)
    for picture in range(2):
        for channel in range(5):
            values = [float(value) for value in maps[picture, channel].flatten()]
            cubes = [max(value, 1e-6) ** 3 for value in values]
            assert float(SPoC()(maps)[picture, channel]) == pytest.approx(sum(values) / len(values), abs=1e-6)
            assert float(MAC()(maps)[picture, channel]) == max(values)
            expected = (sum(cubes) / len(cubes)) ** (1 / 3)
            assert GeM()(maps)[picture, channel].item() == pytest.approx(expected, rel=1e-4)


def test_gem_is_the_mean_for_p_1_and_nears_the_maximum_for_large_p() -> None:
    maps = maps_of(4, 5) + 0.1
    assert torch.allclose(GeM(1.0)(maps), maps.mean(dim=(2, 3)))
    assert torch.allclose(GeM(200.0)(maps), maps.amax(dim=(2, 3)), rtol=0.02)  # a twentieth's 200th root is 0.985


@pytest.mark.parametrize("scale", [0.0, 1e-5, 1.0, 1e5])
def test_gem_stays_finite_for_exponents_that_leave_single_precision(scale: float) -> None:
    maps = (scale * maps_of(4, 4)).requires_grad_()
    pooling = GeM(30.0)
    pooled = pooling(maps)
    torch.autograd.backward(pooled.sum())
    assert maps.grad is not None and pooling.p.grad is not None
    assert torch.isfinite(pooled).all() and torch.isfinite(maps.grad).all() and torch.isfinite(pooling.p.grad)


def test_gem_learns_its_exponent() -> None:
    pooling = GeM()
    torch.autograd.backward(pooling(maps_of(3, 3)).sum())
    assert pooling.p.grad is not None and torch.isfinite(pooling.p.grad) and pooling.p.grad != 0


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
@pytest.mark.parametrize("size", SIZES)
def test_r_mac_is_the_sum_of_its_regions_unit_vectors(size: tuple[int, int], levels: int) -> None:
    maps = maps_of(*size)
    expected = torch.zeros(2, 5)
    for top, left, side in regions_of(*size, levels):
        for picture in range(2):
            region = maps[picture, :, top : top + side, left : left + side].flatten(1).max(dim=1).values
            expected[picture] += region / max(float(region.norm()), 1e-6)
    assert torch.allclose(RMAC(levels)(maps), expected, atol=1e-5)


def test_the_regions_of_a_square_map_by_hand() -> None:
    """6×6: one region of 6; four of 4 (at 0 and 2); nine of 3 (at 0, ⌊1.5⌋ and 3)."""
    assert regions_of(6, 6, 3) == [
        (0, 0, 6),
        *((top, left, 4) for top in (0, 2) for left in (0, 2)),
        *((top, left, 3) for top in (0, 1, 3) for left in (0, 1, 3)),
    ]


def test_the_regions_of_a_long_map_overlap_by_about_two_fifths() -> None:
    """4×9, level 1: regions of 4 along 9. Three lie 2.5 apart and overlap by 37.5 %; two do not meet, four by 58 %."""
    assert regions_of(4, 9, 1) == [(0, 0, 4), (0, 2, 4), (0, 5, 4)]


def test_r_mac_without_a_level_is_refused() -> None:
    with pytest.raises(UserError, match="levels must be at least 1, not 0"):
        RMAC(0)


def test_vectorise_fc_is_a_linear_layer_on_the_flattened_maps() -> None:
    maps = maps_of(3, 4)
    pooling = VectoriseFC(5, (3, 4))
    weight, bias = pooling.fully_connected.weight.flatten(1), pooling.fully_connected.bias
    assert torch.allclose(pooling(maps), nn.functional.linear(maps.flatten(1), weight, bias), atol=1e-5)
    assert not torch.allclose(pooling(maps), pooling(maps.roll(1, dims=3)), atol=1e-3)  # it sees where things are


def test_vectorise_fc_says_which_size_it_was_made_for() -> None:
    with pytest.raises(UserError, match="made for feature maps of 3×4, not 4×4"):
        VectoriseFC(5, (3, 4))(maps_of(4, 4))


@pytest.mark.parametrize("name", POOLINGS)
@pytest.mark.parametrize("size", SIZES)
def test_maps_of_any_size_become_one_vector_a_picture(name: str, size: tuple[int, int]) -> None:
    maps = maps_of(*size)
    pooled = pooling_for(name, maps)(maps)
    assert pooled.shape == (2, 5) and torch.isfinite(pooled).all()


@pytest.mark.parametrize("name", POOLINGS)
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4, 4)])
def test_dead_features_have_finite_values_and_gradients(name: str, size: tuple[int, int]) -> None:
    maps = torch.zeros(2, 5, *size, requires_grad=True)
    pooling = pooling_for(name, maps)
    pooled = pooling(maps)
    torch.autograd.backward(pooled.sum())
    assert torch.isfinite(pooled).all() and maps.grad is not None and torch.isfinite(maps.grad).all()
    assert all(item.grad is not None and torch.isfinite(item.grad).all() for item in pooling.parameters())


@pytest.mark.parametrize("name", [name for name in POOLINGS if name != "vectorise_fc"])
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    maps = (maps_of(3, 4) + torch.rand(2, 5, 3, 4)).double().requires_grad_()
    assert torch.autograd.gradcheck(pooling_for(name, maps).double(), (maps,))


@pytest.mark.parametrize("name", [name for name in POOLINGS if name != "vectorise_fc"])
def test_half_precision_maps_are_pooled_in_single_precision(name: str) -> None:
    maps = maps_of(4, 4).bfloat16()
    pooling = pooling_for(name, maps)
    assert pooling(maps).dtype == torch.float32
    assert torch.equal(pooling(maps), pooling(maps.float()))


@pytest.mark.parametrize("name", POOLINGS)
def test_pictures_of_a_batch_do_not_see_one_another(name: str) -> None:
    maps = maps_of(4, 4)
    pooling = pooling_for(name, maps)
    assert torch.allclose(pooling(maps)[1:], pooling(maps[1:]), atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", POOLINGS)
def test_the_exported_encoder_pools_as_the_network_does_at_any_size(name: str, tmp_path: Path) -> None:
    from imgsearch.encoder import run_graph

    embedder = new_embedder("small", 16, 0, pooling=name, image_size=64)
    assert export(embedder, tmp_path, 64) < 1e-5
    shapes = [(1, 64, 64, 3), (5, 64, 64, 3)]
    if name != "vectorise_fc":
        shapes += [(2, 48, 96, 3), (2, 64, 32, 3), (1, 16, 200, 3), (2, 10, 10, 3)]
    for shape in shapes:
        pictures = torch.randint(0, 256, shape, dtype=torch.uint8)
        with torch.inference_mode():
            expected = embedder(pictures).numpy()
        assert np.abs(run_graph(tmp_path / "encoder.onnx", pictures.numpy()) - expected).max() < 1e-5
