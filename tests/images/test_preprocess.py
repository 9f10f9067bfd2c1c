from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from imgsearch.images.preprocess import to_square


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
