"""Copies agree when one is laid over the other, other pictures do not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imgsearch.images.alignment import agreement
from imgsearch.images.overlay import fit, overlay
from imgsearch.images.thumbnail import thumbnail

from .copies import COPIES, cropped, scene

START = np.array([[1, 0, 1, 0]], dtype=np.float32)


def agree(one: Image.Image, other: Image.Image) -> float:
    return float(agreement([thumbnail(one)], [thumbnail(other)])[0])


@pytest.mark.parametrize("kind", COPIES)
def test_copies_agree_whichever_way_round(kind: str) -> None:
    for seed in range(5):
        original = scene(seed)
        copy = COPIES[kind](original)
        assert agree(original, copy) == agree(copy, original) > 0.88


def test_other_pictures_do_not_agree() -> None:
    thumbnails = [thumbnail(scene(seed)) for seed in range(12)]
    pairs = list(itertools.combinations(thumbnails, 2))
    assert agreement([one for one, _ in pairs], [other for _, other in pairs]).max() < 0.5


def test_a_mirror_image_agrees_once_it_is_mirrored_back() -> None:
    picture = scene(1)
    mirrored = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert agree(picture, mirrored) < 0.5
    assert agreement([thumbnail(picture)], [thumbnail(mirrored).mirrored()])[0] > 0.99


def test_pictures_that_differ_in_one_place_are_no_copies() -> None:
    one = scene(2)
    other = one.copy()
    other.paste(scene(3).crop((0, 0, 75, 55)), (75, 110))
    assert agree(one, other) < 0.8


def test_the_same_shapes_in_other_colours_are_no_copies() -> None:
    red, green, _ = scene(4).split()
    assert agree(Image.merge("RGB", (red, green, red)), Image.merge("RGB", (red, green, red))) > 0.99
    shirts = []
    for colour in ("#e00000", "#0080e0"):
        shirt = Image.new("RGB", (300, 220), "white")
        ImageDraw.Draw(shirt).polygon([(60, 30), (240, 30), (280, 90), (220, 100), (220, 200), (80, 190)], fill=colour)
        shirts.append(shirt)
    assert agree(shirts[0], shirts[0].resize((150, 110))) > 0.9
    assert agree(*shirts) == -1.0


def test_gradients_from_light_to_dark_have_nothing_in_common_but_that() -> None:
    rising, falling = (np.linspace(*ends, 200) for ends in ((0, 255), (90, 140)))
    pictures = [
        Image.fromarray(np.tile(line.astype(np.uint8)[:, None], (1, 300))).convert("RGB") for line in (rising, falling)
    ]
    assert agree(*pictures) < 0.5


def test_small_pictures_are_compared_as_finely_as_they_can_be() -> None:
    picture = scene(5, (128, 128))
    icon = picture.resize((40, 40), Image.Resampling.LANCZOS)
    assert (thumbnail(picture).detail, thumbnail(icon).detail) == (64, 32)
    assert agree(picture, icon) > 0.88


def test_any_number_of_pairs_gives_what_each_gives_alone() -> None:
    assert agreement([], []).shape == (0,)
    one = [thumbnail(scene(number % 7)) for number in range(150)]
    other = [thumbnail(scene(number % 5, (100, 100) if number % 3 else (300, 220))) for number in range(150)]
    alone = [float(agreement([a], [b])[0]) for a, b in zip(one, other, strict=True)]
    assert agreement(one, other) == pytest.approx(alone, abs=1e-4)


def test_a_picture_without_structure_agrees_with_nothing_and_warns_of_nothing() -> None:
    blank = thumbnail(Image.new("RGB", (200, 200), "white"))
    assert max(agreement([blank, blank], [blank, thumbnail(scene(1))])) < 0.5


def test_an_overlay_is_what_pillow_makes_of_it() -> None:
    grey = np.asarray(scene(6, (64, 64)).convert("L"), dtype=np.float32)
    scale, shift, tall, sink = 0.9, 0.03, 1.1, -0.02
    laid, inside = overlay(grey[None], np.array([[scale, shift, tall, sink]], dtype=np.float32))
    across, down = (64 * (place + 0.5 - factor / 2) for place, factor in ((shift, scale), (sink, tall)))
    theirs = Image.fromarray(grey).transform(
        (64, 64), Image.Transform.AFFINE, (scale, 0, across, 0, tall, down), Image.Resampling.BILINEAR
    )
    assert 0.85 < inside.mean() < 1
    kept = (inside[0] > 0) & (np.asarray(theirs) > 0)
    assert kept.mean() > 0.8
    assert np.abs(laid[0] - np.asarray(theirs))[kept].max() < 0.6


def test_the_fit_finds_where_a_crop_came_from() -> None:
    picture = scene(7, (640, 640))
    whole, part = (
        np.asarray(image.convert("L").resize((64, 64)), dtype=np.float32)[None]
        for image in (picture, cropped(picture, 0.06, 0.0, 0.02, 0.05))
    )
    # the place x of the part is the place 0.92 x + (0.06 - 0.02) / 2 of the whole
    found = fit(part, 0.5 * whole + 20, START, steps=12)
    assert found[0] == pytest.approx([0.92, 0.02, 0.95, -0.025], abs=0.004)
