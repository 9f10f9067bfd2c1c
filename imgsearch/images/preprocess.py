"""From an image to the encoder's input: a square uint8 array, the whole picture in it or the middle of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]

FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
"""Ways to resize, with Pillow's antialiasing."""

STRIP = 8
"""How many times as long as wide a picture may be that is resized as a whole: a line of a thousand pixels would become
one of a quarter of a million, 256 pixels thick. Of longer ones the middle alone is resized."""


@dataclass(frozen=True)
class Preprocessing:
    """What an encoder wants to see of a picture.

    Without `resize` that is the whole picture, squeezed to a square; with it, the square in the middle of the picture
    resized so that its shorter side has that many pixels, as encoders of others were mostly trained.
    """

    side: int
    """Of the square, in pixels."""
    resize: int | None = None
    """The shorter side of the picture before the square is cut out, in pixels, no less than `side`."""
    interpolation: str = "bicubic"
    """One of `FILTERS`."""

    @property
    def least(self) -> int:
        """The shorter side that a picture is resized to: no decoder needs to give much more."""
        return self.resize or self.side

    def pixels(self, image: Image.Image) -> Pixels:
        """An RGB image as (side, side, 3) uint8."""
        if self.resize is None:
            return to_square(image, self.side, self.interpolation)
        return middle(image, self.side, self.resize, self.interpolation)


def to_square(image: Image.Image, side: int, interpolation: str = "bicubic") -> Pixels:
    """An RGB image squeezed to (side, side, 3) uint8.

    Squeezing keeps what lies at the borders, which cropping would lose; trained crops vary in aspect ratio, so the
    encoder is used to it. With Pillow's antialiasing; a picture much larger is halved first by box filtering.
    """
    small = image.resize((side, side), FILTERS[interpolation], reducing_gap=2.0)
    pixels: npt.NDArray[Any] = np.asarray(small, dtype=np.uint8)
    return pixels


def middle(image: Image.Image, side: int, resize: int, interpolation: str) -> Pixels:
    """The square (side, side, 3) uint8 in the middle of an RGB image whose shorter side was made `resize` pixels.

    Pixel for pixel what the presets of torchvision do with a Pillow image, but for very long ones (see `STRIP`).
    """
    width, height = image.size
    shorter = min(width, height)
    size = (resize * width // shorter, resize * height // shorter)
    left, top = (round((length - side) / 2) for length in size)
    box = (left, top, left + side, top + side)
    if max(size) > STRIP * resize:
        west, north, east, south = (edge * shorter / resize for edge in box)
        small = image.resize((side, side), FILTERS[interpolation], box=(west, north, east, south))
    else:
        small = image.resize(size, FILTERS[interpolation]).crop(box)
    pixels: npt.NDArray[Any] = np.asarray(small, dtype=np.uint8)
    return pixels
