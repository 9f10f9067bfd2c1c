"""Random views: each variation is seen on a picture made for it, and does nothing when it is switched off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from imgsearch.training.augment import _crops, _gaussians, _grid, _shrunk, _turned, _wavy, augment
from imgsearch.training.config import Augmentation
from tests.training.helpers import STILL


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(count: int, height: int, width: int) -> Tensor:
    return torch.randint(0, 256, (count, height, width, 3), dtype=torch.uint8, generator=seeded())


def ramp(count: int) -> Tensor:
    """From black on the left to 63 on the right."""
    return torch.arange(64, dtype=torch.uint8).view(1, 1, 64, 1).repeat(count, 64, 1, 3)


def plain(colour: tuple[int, int, int], count: int = 1) -> Tensor:
    return torch.tensor(colour, dtype=torch.uint8).repeat(count, 16, 16, 1)


def test_a_view_without_variation_is_the_picture() -> None:
    pictures = noise(2, 32, 32)
    assert torch.allclose(augment(pictures, 32, STILL, seeded()), pictures.permute(0, 3, 1, 2).float(), atol=0.01)


@pytest.mark.parametrize(("height", "width", "side"), [(40, 40, 32), (30, 24, 24), (16, 20, 32)])
def test_a_view_of_another_size_is_the_picture_interpolated(height: int, width: int, side: int) -> None:
    pictures = noise(2, height, width)
    expected = functional.interpolate(pictures.permute(0, 3, 1, 2).float(), size=(side, side), mode="bilinear")
    assert torch.allclose(augment(pictures, side, STILL, seeded()), expected, atol=0.02)


@pytest.mark.parametrize(("height", "width"), [(128, 128), (128, 64), (40, 128)])
def test_fine_patterns_of_larger_pictures_become_grey_rather_than_coarse_ones(height: int, width: int) -> None:
    down, across = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    chequered = (255 * ((down + across) % 2)).to(torch.uint8)[None, :, :, None].repeat(1, 1, 1, 3)
    view = augment(chequered, 32, STILL, seeded())[:, :, 2:-2, 2:-2]
    assert float((view - 127.5).abs().max()) < 16
    aliased = functional.interpolate(chequered.permute(0, 3, 1, 2).float(), size=(27, 27), mode="bilinear")
    assert float((aliased - 127.5).abs().max()) > 100


def test_pictures_are_shrunk_to_a_quarter_more_than_the_view_and_left_alone_below() -> None:
    planes = torch.rand(1, 3, 80, 50)
    assert _shrunk(planes, 80) is planes
    assert _shrunk(planes, 60).shape == (1, 3, 60, 50) and _shrunk(planes, 40).shape == (1, 3, 40, 40)
    expected = functional.interpolate(planes, size=(40, 40), mode="bilinear", antialias=True)
    assert torch.equal(_shrunk(planes, 40), expected)


def test_a_grid_is_that_of_affine_grid() -> None:
    maps = torch.randn(3, 2, 3, generator=seeded())
    expected = functional.affine_grid(maps, [3, 1, 17, 17], align_corners=False)
    assert torch.allclose(_grid(maps, 17), expected, atol=1e-5)


def test_crops_have_the_areas_and_shapes_allowed_lie_within_the_picture_and_reach_its_borders() -> None:
    uniform = torch.rand(5, 4000, generator=seeded())
    maps = _crops(replace(STILL, smallest_crop=0.4, aspect_ratio=1.5, flip=0.3), uniform)
    widths, heights = maps[:, 0, 0].abs(), maps[:, 1, 1]
    assert torch.equal(maps[:, 0, 1], torch.zeros(4000)) and torch.equal(maps[:, 1, 0], torch.zeros(4000))
    assert 0.27 < float((maps[:, 0, 0] < 0).float().mean()) < 0.33
    areas, shapes = widths * heights, widths / heights
    # A crop that is wider or higher than the picture is cut off, so it may have less.
    assert float(areas.min()) > 0.4 / 1.5 and float(areas.max()) < 1 and 0.6 < float(areas.mean()) < 0.7
    assert float(shapes.max()) < 1.5 and float(shapes.min()) > 1 / 1.5
    for extent, middle in ((widths, maps[:, 0, 2]), (heights, maps[:, 1, 2])):
        assert float((middle - extent).min()) >= -1 - 1e-6 and float((middle + extent).max()) <= 1 + 1e-6
        free = extent < 0.9
        place = ((middle - extent + 1) / (2 - 2 * extent))[free]  # 0: at one border, 1: at the other
        assert float(place.min()) < 0.01 and float(place.max()) > 0.99
        assert float(place.mean()) == pytest.approx(0.5, abs=0.02)


def test_views_have_the_size_asked_for_stay_in_range_and_follow_their_seed() -> None:
    pictures = noise(8, 40, 40)
    before = pictures.clone()
    every = replace(Augmentation(), blur=0.5, jpeg=0.5, distortion=0.05)
    first, second, third = (augment(pictures, 24, every, seeded(seed)) for seed in (1, 1, 2))
    assert first.shape == (8, 3, 24, 24) and first.dtype == torch.float32 and not first.requires_grad
    assert first.is_contiguous(memory_format=torch.channels_last)
    assert float(first.min()) >= 0 and float(first.max()) <= 255
    assert torch.equal(first, second) and not torch.equal(first, third)
    assert torch.equal(pictures, before)


def test_switching_one_variation_off_leaves_the_others_as_they_are() -> None:
    pictures = noise(6, 32, 32)
    whole = replace(Augmentation(), blur=0.5, jpeg=0.0)
    sharp = augment(pictures, 32, replace(whole, blur=0.0), seeded())
    same = (augment(pictures, 32, whole, seeded()) == sharp).flatten(1).all(dim=1)
    assert 0 < int(same.sum()) < 6


def test_a_crop_shows_a_part_of_the_picture_and_nothing_else() -> None:
    """On a ramp from left to right, a crop's values lie between its ends and span the width that was cropped."""
    views = augment(ramp(64), 64, replace(STILL, smallest_crop=0.3, aspect_ratio=4 / 3), seeded())
    spans = views[:, 0, 32, -1] - views[:, 0, 32, 0]
    assert (spans > 0.3**0.5 * (3 / 4) ** 0.5 * 63 - 2).all() and (spans <= 63).all()
    assert float(spans.std()) > 3


def turned(pictures: Tensor, options: Augmentation, uniform: list[list[float]]) -> Tensor:
    maps = torch.zeros(len(pictures), 2, 3)
    maps[:, :, :2] = _turned(pictures.shape[3] / pictures.shape[2], options, torch.tensor(uniform))
    grid = functional.affine_grid(maps, list(pictures.shape), align_corners=False)
    return functional.grid_sample(pictures, grid, align_corners=False)


def test_a_quarter_turn_is_a_quarter_turn() -> None:
    pictures = torch.rand(1, 3, 16, 16)
    view = turned(pictures, replace(STILL, rotation=90.0), [[1.0], [0.5]])
    assert torch.allclose(view, torch.rot90(pictures, 1, (2, 3)), atol=1e-4)


def test_a_shear_shifts_each_row_by_its_distance_from_the_middle_whatever_the_shape() -> None:
    height, width = 11, 41
    picture = torch.zeros(1, 3, height, width)
    picture[:, :, :, 20] = 1.0  # a line from top to bottom
    sheared = turned(picture, replace(STILL, shear=1.0), [[0.5], [1.0]])
    assert sheared[0, 0].argmax(dim=1).tolist() == [20 - (row - 5) for row in range(height)]


def test_turns_go_both_ways_and_no_further_than_allowed() -> None:
    line = torch.zeros(256, 65, 65, 3, dtype=torch.uint8)
    line[:, 32] = 255  # level, through the middle
    views = augment(line, 65, replace(STILL, rotation=20.0), seeded())[:, 0]
    slopes = (views[:, :, 62].argmax(dim=1) - views[:, :, 2].argmax(dim=1)).float() / 60
    degrees = torch.rad2deg(torch.atan(slopes))
    assert float(degrees.abs().max()) < 22 and float(degrees.max()) > 15 and float(degrees.min()) < -15


def test_a_distortion_bends_a_line_by_as_much_as_asked_for_and_smoothly() -> None:
    """Of lines through the middle, from side to side, each column tells by how much it was shifted there."""
    lines = torch.zeros(2000, 65, 65, 3, dtype=torch.uint8)
    lines[:, 31:34] = 255
    views = augment(lines, 65, replace(STILL, distortion=0.04), seeded())[:, 0]
    heights = (views * torch.arange(65.0)[:, None]).sum(dim=1) / views.sum(dim=1)
    shifts = heights[:, 5:60] - 32.0
    assert float(shifts.mean()) == pytest.approx(0.0, abs=0.1)
    assert float(shifts.std()) == pytest.approx(0.04 * 65, rel=0.1)
    assert float(shifts.std(dim=0).min()) > 0.85 * float(shifts.std(dim=0).max())  # as large between the knots
    assert float(shifts.std(dim=1).mean()) > 1.0  # bent, not moved as a whole
    assert float(shifts.diff(dim=1).std()) < 0.3


def test_distortions_shift_across_and_down_each_for_itself_at_any_size() -> None:
    knots = torch.randn(4000, 2, 5, 5, generator=seeded())
    for side in (16, 63):
        shifts = _wavy(knots, side)
        assert shifts.shape == (4000, side, side, 2)
        assert torch.allclose(shifts.std(dim=0), torch.ones(side, side, 2), atol=0.06)
        across, down = shifts[:, side // 2, side // 2].T
        assert abs(float(torch.corrcoef(torch.stack([across, down]))[0, 1])) < 0.05
    assert torch.allclose(_wavy(knots[:9], 63)[:, 31, 31], _wavy(knots[:9], 21)[:, 10, 10], atol=1e-5)


def test_a_distortion_leaves_all_other_variations_as_they_are() -> None:
    pictures, every = noise(8, 40, 40), replace(Augmentation(), blur=0.5, jpeg=0.5)
    hardly = augment(pictures, 32, replace(every, distortion=1e-9), seeded())
    assert torch.allclose(augment(pictures, 32, every, seeded()), hardly, atol=0.01)


def test_flips_mirror_about_half_of_the_views() -> None:
    mirrored = augment(ramp(400), 16, replace(STILL, flip=0.5), seeded())
    assert 150 < int((mirrored[:, 0, 8, 0] > mirrored[:, 0, 8, -1]).sum()) < 250
    assert torch.allclose(
        augment(ramp(1), 64, replace(STILL, flip=1.0), seeded()),
        ramp(1).permute(0, 3, 1, 2).flip(3).float(),
        atol=0.01,
    )


def test_grey_takes_the_colour_away_and_keeps_the_luminance() -> None:
    grey = augment(plain((200, 0, 0)), 16, replace(STILL, grey=1.0), seeded())
    assert torch.allclose(grey, torch.full_like(grey, 0.299 * 200), atol=0.1)


def test_saturation_moves_colours_to_or_from_their_own_grey() -> None:
    """Grey of (150, 100, 50) is 109.25; with saturation s a channel c becomes 109.25 + s·(c − 109.25)."""
    views = augment(plain((150, 100, 50), 50), 16, replace(STILL, saturation=0.4), seeded())[:, :, 0, 0]
    factors = (views - 109.25) / (torch.tensor([150.0, 100.0, 50.0]) - 109.25)
    assert torch.allclose(factors, factors[:, :1].expand(-1, 3), atol=1e-3)
    assert float(factors.min()) > 0.6 - 1e-3 and float(factors.max()) < 1.4 + 1e-3 and float(factors.std()) > 0.1


def test_contrast_stretches_around_the_mean_and_brightness_multiplies() -> None:
    """A picture half 50, half 150: contrast c gives 100 ± 50·c, brightness b gives 50·b and 150·b."""
    halves = torch.full((50, 16, 16, 3), 50, dtype=torch.uint8)
    halves[:, :, 8:] = 150
    views = augment(halves, 16, replace(STILL, contrast=0.5), seeded())[:, 0, 0]
    dark, light = views[:, 0], views[:, -1]
    assert torch.allclose(dark + light, torch.full((50,), 200.0), atol=0.01) and float((light - dark).std()) > 10
    views = augment(halves, 16, replace(STILL, brightness=0.5), seeded())[:, 0, 0]
    assert torch.allclose(views[:, -1], 3 * views[:, 0], atol=0.01) and float(views[:, 0].std()) > 5


def test_what_leaves_the_range_is_cut_off() -> None:
    views = augment(plain((250, 5, 250), 100), 16, replace(STILL, brightness=0.5, saturation=0.5), seeded())
    assert float(views.max()) == 255.0 and float(views.min()) == 0.0


def test_a_blur_spreads_a_point_evenly_and_keeps_its_light() -> None:
    point = torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    point[0, 32, 32] = 200
    view = augment(point, 64, replace(STILL, blur=1.0), seeded())[0, 0]
    assert 5 < float(view[32, 32]) < 199 and float(view.sum()) == pytest.approx(200, abs=0.1)
    assert torch.allclose(view[32, 25:40], view[25:40, 32], atol=1e-4)
    assert torch.allclose(view[32, 25:32], view[32, 33:40].flip(0), atol=1e-4)


def test_a_blur_has_the_standard_deviation_asked_for_and_leaves_even_surfaces_alone() -> None:
    kernel = _gaussians(torch.tensor([1.5]), 32)[0]
    offsets = torch.arange(32) - 16.0
    assert float((kernel[16] * offsets.square()).sum()) == pytest.approx(1.5**2, rel=0.01)
    assert torch.allclose(kernel.sum(dim=1), torch.ones(32))
    surface = augment(plain((90, 90, 90)), 16, replace(STILL, blur=1.0), seeded())
    assert torch.allclose(surface, torch.full_like(surface, 90.0), atol=0.01)


def test_a_share_of_the_pictures_shows_the_marks_of_a_jpeg() -> None:
    smooth = torch.from_numpy(np.array(Image.fromarray(noise(1, 4, 4)[0].numpy()).resize((64, 64)))).repeat(
        200, 1, 1, 1
    )
    views = augment(smooth, 64, replace(STILL, jpeg=0.3), seeded())
    errors = (views - smooth.permute(0, 3, 1, 2)).abs().mean(dim=(1, 2, 3))
    assert 40 < int((errors > 0.1).sum()) < 80
    assert float(errors.max()) < 20  # the same picture still
    assert float(errors[errors > 0.1].std()) > 0.1  # of different qualities


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA")
def test_an_accelerator_makes_the_same_views() -> None:
    pictures = noise(8, 40, 40)
    every = replace(Augmentation(), blur=0.5, jpeg=0.5, distortion=0.05)
    expected = augment(pictures, 32, every, seeded())
    views = augment(pictures.cuda(), 32, every, seeded())
    assert views.is_cuda and torch.allclose(views.cpu(), expected, atol=0.5)
