"""Pictures with something to see in them, and copies of them."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter


def scene(seed: int, size: tuple[int, int] = (300, 220)) -> Image.Image:
    """Coloured blots of several sizes, others for every seed."""
    chance = np.random.default_rng(seed)
    total = np.zeros((size[1], size[0], 3))
    for blots in (4, 9, 20):
        coarse = Image.fromarray(chance.integers(0, 256, (blots, blots, 3), dtype=np.uint8))
        total += np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), dtype=float) / 3
    return Image.fromarray(total.clip(0, 255).astype(np.uint8))


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    """The picture after a JPEG of that quality."""
    content = io.BytesIO()
    image.save(content, "JPEG", quality=quality)
    return Image.open(content).convert("RGB")


def cropped(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    """Without these shares of its width and height."""
    width, height = image.size
    return image.crop(
        (round(left * width), round(top * height), round((1 - right) * width), round((1 - bottom) * height))
    )


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "smaller": lambda image: image.resize((image.width // 2, image.height // 2)),
    "larger": lambda image: image.resize((image.width * 2, image.height * 2)),
    "stretched": lambda image: image.resize((200, 200)),
    "recompressed": lambda image: jpeg(image, 15),
    "cropped": lambda image: cropped(image, 0.05, 0.0, 0.0, 0.05),
    "cropped all round": lambda image: cropped(image, 0.1, 0.1, 0.1, 0.1),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.8),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(1.5)),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "all at once": lambda image: jpeg(
        ImageEnhance.Brightness(cropped(image, 0.05, 0.02, 0, 0.04)).enhance(0.85).resize((220, 160)), 40
    ),
}
