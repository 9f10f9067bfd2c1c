from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imgsearch.images import flatten
from imgsearch.images.flatten import flattened, reduction, upright

Values = NDArray[np.floating[Any]]
Case = tuple[Callable[[], Image.Image], Callable[[], Values]]


@pytest.fixture(autouse=True)
def narrow_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flatten, "BAND", 500)


def noise(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def shrunk(values: Values, across: int, down: int) -> Values:
    """Means of blocks, those at the right and the lower border of what is there."""
    height, width = values.shape[:2]
    return np.array(
        [
            [values[top : top + down, left : left + across].mean((0, 1)) for left in range(0, width, across)]
            for top in range(0, height, down)
        ]
    )


def on_white(colours: NDArray[np.uint8], opacity: NDArray[np.uint8]) -> Values:
    share = opacity.astype(float)[..., None] / 255
    return colours * share + 255 * (1 - share)


HEIGHT, WIDTH = 61, 47
COLOURS = noise(HEIGHT, WIDTH, 3)
GREY = COLOURS[..., 0]


def palette_picture() -> Image.Image:
    image = Image.fromarray(GREY % 8, "L")
    image.putpalette(bytes(range(24)) + bytes(232 * 3))
    image.info["transparency"] = bytes([0, 50, 100, 150, 200, 255])  # the others are opaque
    return image


def expected_palette() -> Values:
    opacity = np.array([0, 50, 100, 150, 200, 255, 255, 255], dtype=np.uint8)[GREY % 8]
    return on_white(np.arange(24, dtype=np.uint8).reshape(8, 3)[GREY % 8], opacity)


def grey(values: Values) -> Values:
    return np.repeat(values[..., None], 3, axis=2)


CASES: dict[str, Case] = {
    "RGB": (lambda: Image.fromarray(COLOURS), lambda: COLOURS.astype(float)),
    "L": (lambda: Image.fromarray(GREY), lambda: grey(GREY.astype(float))),
    "1": (lambda: Image.fromarray(GREY > 99), lambda: grey((GREY > 99) * 255.0)),
    "I;16": (lambda: Image.fromarray(GREY.astype(np.uint16) * 257), lambda: grey(GREY.astype(float))),
    "I of 8 bits": (lambda: Image.fromarray(GREY.astype(np.int32)), lambda: grey(GREY.astype(float))),
    "I of 16 bits": (lambda: Image.fromarray(GREY.astype(np.int32) * 257), lambda: grey(GREY.astype(float))),
    "F to 1": (lambda: Image.fromarray(GREY.astype(np.float32) / 255), lambda: grey(GREY.astype(float))),
    "F to 255": (lambda: Image.fromarray(GREY.astype(np.float32)), lambda: grey(GREY.astype(float))),
    "F to 65535": (lambda: Image.fromarray(GREY.astype(np.float32) * 257), lambda: grey(GREY.astype(float))),
    "RGBA": (
        lambda: Image.fromarray(np.dstack([COLOURS, GREY[::-1]])),
        lambda: on_white(COLOURS, GREY[::-1]),
    ),
    "LA": (
        lambda: Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(GREY[::-1].copy())]),
        lambda: on_white(np.repeat(GREY[..., None], 3, axis=2), GREY[::-1]),
    ),
    "P with transparency": (palette_picture, expected_palette),
    "CMYK": (lambda: Image.fromarray(np.dstack([255 - COLOURS, 0 * GREY]), "CMYK"), lambda: COLOURS.astype(float)),
}
"""By mode, what makes the picture and what colours it has, by arithmetic of our own."""


@pytest.mark.parametrize("factors", [(1, 1), (3, 2), (5, 7), (1, 61), (47, 1)], ids=str)
@pytest.mark.parametrize("mode", CASES)
def test_every_mode_becomes_rgb_of_block_means(mode: str, factors: tuple[int, int]) -> None:
    make, colours = CASES[mode]
    found = flattened(make(), factors)
    assert found.mode == "RGB"
    assert np.abs(np.asarray(found) - shrunk(colours(), *factors)).max() <= 2.0


@pytest.mark.parametrize("mode", CASES)
def test_bands_change_nothing(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_bands = flattened(CASES[mode][0](), (3, 2))
    monkeypatch.setattr(flatten, "BAND", 10**9)
    assert flattened(CASES[mode][0](), (3, 2)).tobytes() == in_bands.tobytes()


def test_one_transparent_colour_is_white() -> None:
    image = Image.new("RGB", (20, 10), (1, 2, 3))
    image.paste((9, 9, 9), (0, 0, 10, 10))
    image.info["transparency"] = (1, 2, 3)
    assert np.unique(np.asarray(flattened(image, (1, 1)))).tolist() == [9, 255]


def test_numbers_that_are_none_do_no_harm() -> None:
    values = np.array([[np.nan, np.inf, -np.inf, 0.0, -5.0, 65535.0]], dtype=np.float32)
    assert np.asarray(flattened(Image.fromarray(values), (1, 1)))[0, :, 0].tolist() == [0, 255, 0, 0, 0, 255]


@pytest.mark.parametrize(
    ("lab", "colour"),
    [((255, 0, 0), (255, 255, 255)), ((0, 0, 0), (0, 0, 0)), ((136, 208 - 256, 195 - 256), None)],
    ids=["white", "black", "saturated"],
)
def test_lab_pictures_have_colours(lab: tuple[int, int, int], colour: tuple[int, int, int] | None) -> None:
    pytest.importorskip("PIL._imagingcms")
    pixel = bytes(value % 256 for value in lab)
    image = Image.frombytes("LAB", (30, 30), pixel * 900)
    found = np.asarray(flattened(image, (2, 2))).astype(int)
    assert found.shape == (15, 15, 3) and (found == found[0, 0]).all()
    if colour is not None:
        assert np.abs(found[0, 0] - colour).max() <= 3
    else:
        assert found[0, 0].max() - found[0, 0].min() > 50


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(orientation: int) -> None:
    pixels = noise(6, 4, 3)
    # What the viewer should see, by the definition: where the 0th row and the 0th column of what is stored belong.
    rows_first = {1: "", 2: "h", 3: "hv", 4: "v", 5: "t", 6: "th", 7: "thv", 8: "tv"}[orientation]
    seen = pixels
    for step in rows_first:
        seen = {"t": seen.swapaxes(0, 1), "h": seen[:, ::-1], "v": seen[::-1]}[step]
    original = Image.fromarray(pixels)
    original.getexif()[0x0112] = orientation
    assert (np.asarray(upright(Image.fromarray(pixels), original)) == seen).all()


@pytest.mark.parametrize("orientation", [0, 9, 99, "6", (6, 6), b"\6", 6.5, [6]], ids=str)
def test_an_orientation_that_is_none_turns_nothing(orientation: object) -> None:
    original = Image.new("RGB", (4, 6))
    original.getexif()[0x0112] = orientation
    assert upright(Image.new("RGB", (4, 6)), original).size == (4, 6)


def test_metadata_that_cannot_be_read_turn_nothing() -> None:
    class Damaged(Image.Image):
        def getexif(self) -> Image.Exif:
            raise AssertionError("a decoder's bug")

    assert upright(Image.new("RGB", (4, 6)), Damaged()).size == (4, 6)


@pytest.mark.parametrize(
    ("size", "side", "factors"),
    [
        ((2_000, 2_000), 96, (1, 1)),
        ((2_001, 2_000), 96, (3, 3)),
        ((50_000, 100), 96, (86, 1)),
        ((1, 4_000_001), 96, (1, 6_944)),
        ((6_000, 4_000), None, (1, 1)),
        ((3_000, 3_000), 600, (1, 1)),
    ],
    ids=str,
)
def test_large_pictures_are_reduced_and_stay_six_times_too_large(
    size: tuple[int, int], side: int | None, factors: tuple[int, int]
) -> None:
    assert reduction(size, side) == factors
