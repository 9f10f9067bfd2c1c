"""From an image to the encoder's input: a square uint8 array, the whole picture in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]


def to_square(image: Image.Image, side: int) -> Pixels:
    """An RGB image squeezed to (side, side, 3) uint8.

    Squeezing keeps what lies at the borders, which cropping would lose; trained crops vary in aspect ratio, so the
    encoder is used to it. Bicubic with Pillow's antialiasing; a picture much larger is halved first by box filtering.
    """
    small = image.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    pixels: npt.NDArray[Any] = np.asarray(small, dtype=np.uint8)
    return pixels
