"""`--crop X,Y,W,H`: a part of a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PIL import Image

from imgsearch.errors import PictureError, UserError, printable


@dataclass(frozen=True)
class Crop:
    """A rectangle of an upright picture: left, top, width, height, each in pixels or per cent."""

    numbers: tuple[float, float, float, float]
    per_cent: tuple[bool, bool, bool, bool]
    written: str
    """As the user wrote it."""

    @classmethod
    def parse(cls, text: str) -> Crop:
        """From `X,Y,W,H`, numbers of pixels, or per cent where a `%` follows.

        Raises:
            UserError: not of that form, negative, or empty.
        """
        parts = [part.strip() for part in text.split(",")]
        try:
            x, y, width, height = (float(part.removesuffix("%")) for part in parts)
        except ValueError:
            x = y = width = height = math.nan
        numbers = (x, y, width, height)
        if not (all(map(math.isfinite, numbers)) and min(x, y) >= 0 and min(width, height) > 0):
            remedy = "write X,Y,W,H in pixels, as 40,0,200,150, or in per cent, as 25%,0%,50%,100%"
            raise UserError(f"--crop {printable(text)}: not understood; {remedy}")
        left, top, across, down = (part.endswith("%") for part in parts)
        return cls(numbers, (left, top, across, down), text)

    def cut(self, image: Image.Image, path: str) -> Image.Image:
        """The part of an upright picture; `PictureError` with `path` where the crop is not inside it."""
        wide, high = image.size
        sides = zip(self.numbers, self.per_cent, (wide, high, wide, high), strict=True)
        x, y, width, height = (number * side / 100 if share else number for number, share, side in sides)
        left, top, right, bottom = round(x), round(y), round(x + width), round(y + height)
        if right > wide or bottom > high or left >= right or top >= bottom:
            reason = f"the crop {printable(self.written)} is not inside the picture, which is {wide} × {high} pixels"
            raise PictureError(path, reason, "give another --crop")
        return image.crop((left, top, right, bottom))
