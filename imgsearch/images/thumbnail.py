"""What is kept of a picture to compare it with others pixel by pixel: 5 kB, whatever its size."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgsearch.images.formats import open_image
from imgsearch.images.open import decode_picture, open_picture
from imgsearch.images.read import reading

SIDE = 64
COLOUR_SIDE = 16
_FLAT = 0.5
"""Standard deviation of the slopes, in grey levels, below which there is nothing but rounding and noise to compare."""


@dataclass(frozen=True)
class Thumbnail:
    """A picture squeezed to a square."""

    grey: NDArray[np.uint8]
    """(SIDE, SIDE)"""
    chroma: NDArray[np.float32]
    """(2, COLOUR_SIDE, COLOUR_SIDE) Cb and Cr, less those of grey."""
    detail: int
    """Side at which it can be compared: SIDE, or half of that where it has too few pixels of its own."""
    pixels: int
    """Of the picture itself."""

    @property
    def flat(self) -> bool:
        """Whether it is a blank page, a clear sky: nothing that could be laid over anything."""
        slopes = np.gradient(self.grey.astype(np.float32))
        return all(float(slope.std()) < _FLAT for slope in slopes)

    def mirrored(self) -> Thumbnail:
        """The same with left and right swapped."""
        return Thumbnail(self.grey[:, ::-1], self.chroma[:, :, ::-1], self.detail, self.pixels)


def thumbnail(image: Image.Image, pixels: int | None = None) -> Thumbnail:
    """The thumbnail of an RGB picture; `pixels` where it was decoded at reduced size."""
    small = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=3.0).convert("YCbCr")
    values = np.asarray(small, dtype=np.float32)
    parts = SIDE // COLOUR_SIDE
    colours = values[:, :, 1:].reshape(COLOUR_SIDE, parts, COLOUR_SIDE, parts, 2).mean((1, 3)) - 128
    detail = SIDE if min(image.size) >= 2 * SIDE else SIDE // 2
    count = image.width * image.height if pixels is None else pixels
    return Thumbnail(values[:, :, 0].astype(np.uint8), np.moveaxis(colours, -1, 0), detail, count)


def read_thumbnail(path: str | os.PathLike[str]) -> Thumbnail:
    """The thumbnail of a picture file.

    Raises:
        PictureError: it cannot be read.
    """
    with reading(path) as file:
        image = decode_picture(file.content, path, side=4 * SIDE // 3 + 1)  # at least 2 × SIDE: all its detail
        width, height = open_image(file.content, os.fspath(path)).size
    return thumbnail(image, width * height)


def pixel_digest(path: str | os.PathLike[str]) -> bytes:
    """Equal for pictures of equal size and pixels, whatever the format and its metadata.

    Raises:
        PictureError: it cannot be read.
    """
    image = open_picture(path)
    return hashlib.blake2b(image.tobytes(), digest_size=16, salt=f"{image.width}x{image.height}"[:16].encode()).digest()
