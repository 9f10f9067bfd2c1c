"""The marks that JPEG leaves on a picture, at a quality of one's choice."""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
from PIL import Image

from imgsearch.images.preprocess import Pixels


def recompress(pictures: Iterable[Pixels], qualities: Iterable[int]) -> Pixels:
    """RGB pictures of one size, written as JPEG of these qualities (1 to 95) and read again, (n, height, width, 3)."""
    return np.stack([_there_and_back(picture, quality) for picture, quality in zip(pictures, qualities, strict=True)])


def _there_and_back(picture: Pixels, quality: int) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    with Image.open(file, formats=("JPEG",)) as image:
        return np.asarray(image, dtype=np.uint8)
