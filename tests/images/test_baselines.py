from __future__ import annotations

import colorsys

import numpy as np
import pytest
from PIL import Image

from imgsearch.images.baselines import hsv_histogram, pixels


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (128, 128), (300, 40)])
def test_shapes_types_and_lengths(size: tuple[int, int]) -> None:
    for describe, length in ((pixels, 768), (hsv_histogram, 192)):
        vector = describe(noise(*size))
        assert vector.shape == (length,)
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_pixels_are_the_values_less_their_mean() -> None:
    image = noise(16, 16)
    values = np.asarray(image).ravel().tolist()
    mean = sum(values) / len(values)
    length = sum((value - mean) ** 2 for value in values) ** 0.5
    np.testing.assert_allclose(pixels(image), [(value - mean) / length for value in values], atol=1e-7)


def test_pixels_of_one_grey_are_zeros() -> None:
    assert not pixels(Image.new("RGB", (20, 30), (77, 77, 77))).any()


def test_pixels_ignore_brightness_and_contrast() -> None:
    values = np.random.default_rng(0).integers(0, 100, (16, 16, 3), dtype=np.uint8)
    brighter = Image.fromarray(values * 2 + 30)
    np.testing.assert_allclose(pixels(brighter), pixels(Image.fromarray(values)), atol=1e-6)


@pytest.mark.parametrize("colour", [(255, 0, 0), (10, 200, 30), (0, 0, 0), (255, 255, 255), (90, 100, 220)])
def test_one_colour_fills_one_bin(colour: tuple[int, int, int]) -> None:
    vector = hsv_histogram(Image.new("RGB", (9, 5), colour))
    hue, saturation, value = (min(int(part * 255), 255) for part in colorsys.rgb_to_hsv(*(c / 255 for c in colour)))
    expected = (hue * 12 // 256) * 16 + (saturation * 4 // 256) * 4 + value * 4 // 256
    assert np.flatnonzero(vector).tolist() == [expected]
    assert vector[expected] == 1


def test_cosine_of_histograms_is_their_bhattacharyya_coefficient() -> None:
    half = Image.new("RGB", (128, 128), (255, 0, 0))
    half.paste((0, 0, 255), (64, 0, 128, 128))
    red = hsv_histogram(Image.new("RGB", (128, 128), (255, 0, 0)))
    assert float(red @ hsv_histogram(half)) == pytest.approx(0.5**0.5, abs=1e-6)


@pytest.mark.parametrize("mode", ["L", "1", "RGBA", "CMYK"])
def test_other_modes_are_refused(mode: str) -> None:
    for describe in (pixels, hsv_histogram):
        with pytest.raises(ValueError, match=mode):
            describe(Image.new(mode, (8, 8)))
