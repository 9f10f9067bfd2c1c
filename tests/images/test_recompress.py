from __future__ import annotations

import io

import numpy as np
from PIL import Image

from imgsearch.images.preprocess import Pixels
from imgsearch.images.recompress import recompress


def wavy(count: int) -> Pixels:
    coarse = np.random.default_rng(0).integers(0, 256, (count, 6, 6, 3), dtype=np.uint8)
    return np.stack([np.asarray(Image.fromarray(picture).resize((48, 40))) for picture in coarse])


def test_each_picture_is_what_a_jpeg_file_of_its_quality_holds() -> None:
    pictures = wavy(3)
    marked = recompress(pictures, [20, 50, 95])
    for picture, quality, result in zip(pictures, [20, 50, 95], marked, strict=True):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=quality)
        assert (result == np.asarray(Image.open(file))).all()


def test_the_lower_the_quality_the_further_from_the_picture() -> None:
    pictures = wavy(4)
    errors = [
        float(np.abs(recompress(pictures, [quality] * 4).astype(int) - pictures).mean()) for quality in (10, 40, 95)
    ]
    assert errors[0] > errors[1] > errors[2] > 0
