from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from imgsearch.images.preprocess import Preprocessing, to_square


@pytest.mark.parametrize("size", [(64, 64), (640, 480), (3, 200), (1, 1), (5000, 1)])
def test_every_picture_becomes_a_square_of_bytes(size: tuple[int, int]) -> None:
    pixels = to_square(Image.new("RGB", size, (10, 20, 30)), 64)
    assert pixels.shape == (64, 64, 3) and pixels.dtype == np.uint8
    assert (pixels == (10, 20, 30)).all()


def test_a_picture_of_the_right_size_is_left_as_it_is() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert (to_square(Image.fromarray(pixels), 64) == pixels).all()


def test_what_lies_at_the_borders_is_kept() -> None:
    image = Image.new("RGB", (400, 100), "black")
    image.paste((255, 255, 255), (0, 0, 50, 100))
    assert to_square(image, 64)[:, :6].min() > 240


def test_without_resizing_the_whole_picture_is_squeezed() -> None:
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8))
    assert (Preprocessing(32).pixels(image) == to_square(image, 32)).all()
    assert (Preprocessing(32).least, Preprocessing(32, 40).least) == (32, 40)


@pytest.mark.parametrize("size", [(20_000, 3), (2, 40_000), (65_000, 1)])
def test_of_a_very_long_picture_only_the_middle_is_resized(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, "white")
    width, height = size
    image.paste((10, 20, 30), (width // 2 - 100, 0, width // 2 + 100, height) if width > height else
                (0, height // 2 - 100, width, height // 2 + 100))  # fmt: skip
    pixels = Preprocessing(224, 256, "bilinear").pixels(image)  # as a whole it would take gigabytes
    assert pixels.shape == (224, 224, 3) and (pixels == (10, 20, 30)).all()
