"""A sheet that is painted larger than it will be, so that every edge is smooth once it is reduced."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageFilter

OVERSAMPLING = 2


class Canvas:
    """`image` is the oversampled sheet; `width` and `height` are those of the finished picture."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width * OVERSAMPLING, height * OVERSAMPLING))

    @contextmanager
    def faded(self, alpha: float) -> Iterator[None]:
        """What is drawn inside shows through to what was there before."""
        before = self.image.copy()
        yield
        self.image = Image.blend(before, self.image, alpha)

    def soften(self, radius: float) -> None:
        """Blur all that has been drawn so far, as a lens does with a distant background; radius in final pixels."""
        small = self.image.reduce(OVERSAMPLING).filter(ImageFilter.GaussianBlur(radius))
        self.image = small.resize(self.image.size, Image.Resampling.BICUBIC)

    def finished(self, seed: int, grain: float) -> Image.Image:
        """The picture in its final size, with a light vignette and paper grain (standard deviation in grey levels)."""
        picture = self.image.resize((self.width, self.height), Image.Resampling.LANCZOS)
        pixels = np.asarray(picture, dtype=np.float32)
        y, x = np.ogrid[-1 : 1 : self.height * 1j, -1 : 1 : self.width * 1j]
        vignette = 1 - 0.045 * (x**2 + y**2)
        # A sum of uniform numbers: bell-shaped, and the same with every version of NumPy.
        noise = np.random.default_rng(seed).random((3, self.height, self.width), dtype=np.float32).sum(axis=0) - 1.5
        pixels = pixels * vignette[..., None] + (noise * 2 * grain)[..., None]
        return Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8))
