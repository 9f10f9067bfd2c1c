"""Portable any-maps that Pillow takes minutes for: of odd depths, as scientific cameras have, and written as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

TOGETHER = 1 << 20
"""Numbers that are scaled, or bytes of text that are read, at a time."""

_SPACE = b" \t\n\v\f\r"
_IS_NUMBER = np.zeros(256, np.bool_)
_IS_NUMBER[list(b"0123456789" + _SPACE)] = True


def is_odd(image: ImageFile.ImageFile) -> bool:
    """Whether an identified picture is text, or a binary one whose white is neither 255 nor 65535."""
    return bool(image.tile) and image.tile[0][0] in ("ppm", "ppm_plain")


def is_text(image: ImageFile.ImageFile) -> bool:
    """Whether its numbers are written out."""
    return bool(image.tile) and image.tile[0][0] == "ppm_plain"


def read_odd(image: ImageFile.ImageFile, content: bytes) -> Image.Image:
    """Such a picture, of which `content` is the file, in 8 bits (grey or RGB); what is brighter than white is white.

    Raises:
        ValueError: the file is too short, or text that is no numbers.
    """
    colours = 3 if image.mode == "RGB" else 1
    count = image.width * image.height * colours
    arguments = image.tile[0].args or (255,)
    scaled = np.empty(count, np.uint8)
    done = 0
    white = 1 if image.mode == "1" else int(arguments[-1])
    for part in _parts(image, content, count, white):
        values = np.minimum(part[: count - done], white).astype(np.uint32)
        scaled[done : done + len(values)] = (values * 255 + white // 2) // white
        done += len(values)
        if done == count:
            break
    else:
        raise ValueError(f"{done:,} numbers of {count:,}")
    return Image.fromarray(scaled.reshape(image.height, image.width, colours).squeeze(2 if colours == 1 else ()))


def _parts(image: ImageFile.ImageFile, content: bytes, count: int, white: int) -> Iterator[NDArray[Any]]:
    """The numbers of a picture, many at a time; perhaps more of them than `count`, if it is text."""
    start = image.tile[0].offset
    if image.mode == "1":
        return _digits(content[start:])
    return _numbers(content[start:]) if is_text(image) else _samples(content, start, count, white)


def _samples(content: bytes, start: int, count: int, white: int) -> Iterator[NDArray[np.uint16]]:
    """Numbers as bytes."""
    kind = np.dtype(">u2" if white > 255 else "u1")
    values = np.frombuffer(content, kind, count, start)
    for begin in range(0, count, TOGETHER):
        yield values[begin : begin + TOGETHER]


def _numbers(text: bytes) -> Iterator[NDArray[np.int64]]:
    """Numbers between white space."""
    text, begin = _without_comments(text), 0
    while begin < len(text):
        end = begin + TOGETHER
        if end < len(text):  # no number is cut in two
            end = max(text.rfind(space, begin, end) for space in (b" ", b"\n", b"\t", b"\r")) + 1
            if end <= begin:
                raise ValueError("a number without end")
        block = text[begin:end]
        if not _IS_NUMBER[np.frombuffer(block, np.uint8)].all():
            raise ValueError("text that is no number")
        yield np.fromstring(block, np.int64, sep=" ") if block.strip() else np.empty(0, np.int64)
        begin = end


def _digits(text: bytes) -> Iterator[NDArray[np.uint8]]:
    """Brightness from noughts, which are white, and ones, which may stand close together."""
    text = _without_comments(text)
    for begin in range(0, len(text), TOGETHER):
        block = text[begin : begin + TOGETHER].translate(None, _SPACE)
        digits = np.frombuffer(block, np.uint8) - ord("0")
        if (digits > 1).any():
            raise ValueError("text that is neither 0 nor 1")
        yield 1 - digits


def _without_comments(text: bytes) -> bytes:
    return re.sub(rb"#[^\r\n]*", b"", text) if b"#" in text else text
