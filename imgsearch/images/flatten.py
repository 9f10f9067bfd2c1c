"""A decoded picture, whatever its mode, as upright RGB: reduced first, so that it takes little memory more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BAND = 1 << 18
"""Pixels that are converted at a time."""

REDUCE_ABOVE = 4_000_000
"""Pictures of more pixels are reduced; whether smaller ones are is the resizing's own business."""

ORIENTATION = 0x0112

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def reduction(size: tuple[int, int], side: int | None) -> tuple[int, int]:
    """By which whole numbers to divide width and height so that both stay at least six times `side`.

    Six, although two would do for `imgsearch.images.preprocess.to_square`: where a width cannot be divided, its last
    column of pixels is stretched, and of six times as many that is hardly noticed.
    """
    width, height = size
    if side is None or width * height <= REDUCE_ABOVE:
        return 1, 1
    return max(1, width // (6 * side)), max(1, height // (6 * side))


def flattened(image: Image.Image, factors: tuple[int, int]) -> Image.Image:
    """Any mode as RGB, width and height divided by `factors`: transparent parts on white, deep grey as 8 bits."""
    if image.mode == "RGB" and "transparency" not in image.info:
        if factors == (1, 1) and image.format == "JPEG":  # those of other formats may hold on to their decoders
            return image
        return Image.Image.reduce(image, factors)  # JPEG 2000 pictures have a `reduce` of another kind
    white = _white(image)
    across, down = factors
    width, height = image.size
    small = Image.new("RGB", (-(-width // across), -(-height // down)))
    rows = down * max(1, BAND // (width * down))
    for top in range(0, height, rows):
        band = _rgb(_band(image, top, rows), white)
        small.paste(band.reduce(factors), (0, top // down))
    return small


def upright(image: Image.Image, original: Image.Image) -> Image.Image:
    """`image` turned and mirrored as the metadata of `original`, which was loaded, want it."""
    try:
        turn = _TURNS.get(original.getexif().get(ORIENTATION, 1))
    except Exception:  # a picture with damaged metadata is still a picture
        return image
    return image if turn is None else image.transpose(turn)


def _band(image: Image.Image, top: int, rows: int) -> Image.Image:
    return image.crop((0, top, image.width, min(top + rows, image.height)))


def _rgb(image: Image.Image, white: float) -> Image.Image:
    if _is_deep(image):
        values = _values(image) * (255.0 / white)
        return Image.fromarray(values.clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa") or "transparency" in image.info:
        layered = image.convert("RGBA")
        paper = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(paper, layered).convert("RGB")
    if image.mode == "LAB":
        from PIL import ImageCms

        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
    return image.convert("RGB")


def _is_deep(image: Image.Image) -> bool:
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def _white(image: Image.Image) -> float:
    """What white is in grey of more than 8 bits; in 32 bits and in floating point, the values tell."""
    if image.mode not in ("I", "F"):
        return 65535.0
    rows = max(1, BAND // image.width)
    brightest = max(_values(_band(image, top, rows)).max(initial=0) for top in range(0, image.height, rows))
    if image.mode == "F" and brightest <= 1:
        return 1.0
    return 255.0 if brightest <= 255 else 65535.0


def _values(image: Image.Image) -> NDArray[np.float64]:
    return np.nan_to_num(np.asarray(image, dtype=np.float64))
