"""Portable any-maps of odd depths (10 or 12 bits, as scientific cameras have): Pillow takes minutes for them."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFile

TOGETHER = 1 << 20
"""Numbers that are scaled at a time."""


def is_odd(image: ImageFile.ImageFile) -> bool:
    """Whether an identified picture is a binary one whose white is neither 255 nor 65535."""
    return bool(image.tile) and image.tile[0][0] == "ppm"


def read_odd(image: ImageFile.ImageFile, content: bytes) -> Image.Image:
    """Such a picture, of which `content` is the file, in 8 bits (grey or RGB).

    Raises:
        ValueError: the file is too short.
    """
    colours = 3 if image.mode == "RGB" else 1
    _, _, start, arguments = image.tile[0]
    white = int(arguments[-1]) if arguments else 255
    kind = np.dtype(">u2" if white > 255 else "u1")
    values = np.frombuffer(content, kind, image.width * image.height * colours, start)
    scaled = np.empty(values.shape, np.uint8)
    for begin in range(0, len(values), TOGETHER):
        part = values[begin : begin + TOGETHER].astype(np.uint32)
        scaled[begin : begin + TOGETHER] = np.minimum((part * 255 + white // 2) // white, 255)
    return Image.fromarray(scaled.reshape(image.height, image.width, colours).squeeze(2 if colours == 1 else ()))
