"""Reduced pictures to look at: on a page, on a contact sheet, in a terminal."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import Image

from imgsearch.errors import PictureError
from imgsearch.images.open import open_picture
from imgsearch.images.pipeline import ordered_map
from imgsearch.images.source import Source

Result = TypeVar("Result")
_SMALLEST = 16
"""Side below which no picture is reduced for the sake of its bytes."""


@dataclass(frozen=True)
class Encoded:
    """A reduced picture as a WebP file, and its size in pixels."""

    content: bytes
    width: int
    height: int


Picture = Path | tuple[Source, ...]
"""A file, or what somebody asks with: several are shown side by side."""


def thumbnail(picture: Picture, box: tuple[int, int]) -> Image.Image:
    """The whole picture, upright RGB, reduced to fit into `box` (width, height in pixels); a small one stays small.

    Raises:
        PictureError: it cannot be read; of several none can.
    """
    if isinstance(picture, Path):
        return _reduced(open_picture(picture, side=max(box)), box)
    opened: list[Image.Image] = []
    errors: list[PictureError] = []
    for source in picture:
        try:
            opened.append(_reduced(source.open(max(box)), box))
        except PictureError as error:
            errors.append(error.with_traceback(None))  # which would keep the file's bytes
    if not opened:
        raise errors[0]
    return opened[0] if len(opened) == 1 else _reduced(_side_by_side(opened), box)


def _reduced(image: Image.Image, box: tuple[int, int]) -> Image.Image:
    image.thumbnail(box, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return image


def _side_by_side(images: list[Image.Image]) -> Image.Image:
    """A square grid of pictures, each in the middle of its place."""
    columns = math.ceil(math.sqrt(len(images)))
    wide, high = max(image.width for image in images), max(image.height for image in images)
    grid = Image.new("RGB", (columns * wide, -(-len(images) // columns) * high), "white")
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        grid.paste(image, (column * wide + (wide - image.width) // 2, row * high + (high - image.height) // 2))
    return grid


def encoded(picture: Picture, side: int, most_bytes: int | None = None) -> Encoded:
    """A picture as WebP, reduced to at most `side` pixels each way and to `most_bytes`; errors as of `thumbnail`."""
    image = thumbnail(picture, (side, side))
    while True:
        file = io.BytesIO()
        image.save(file, "WEBP", quality=75, method=0)  # the slower methods take up to five times as long and save 3 %
        if most_bytes is None or file.tell() <= most_bytes or max(image.size) < _SMALLEST:
            return Encoded(file.getvalue(), *image.size)
        smaller = 3 * max(image.size) // 4
        image.thumbnail((smaller, smaller), Image.Resampling.LANCZOS)


def each(
    function: Callable[[Picture], Result], pictures: Iterable[Picture], unread: dict[str, PictureError]
) -> Generator[Result | PictureError, None, None]:
    """`function` of each picture, computed in threads, in their order; or why not, also noted in `unread`."""

    def attempt(picture: Picture) -> Result | PictureError:
        try:
            return function(picture)
        except PictureError as error:
            return error.with_traceback(None)  # which would keep the file's bytes

    for result in ordered_map(attempt, pictures, threads=os.cpu_count() or 1, ahead=32):
        if isinstance(result, PictureError):
            unread[result.path] = result
        yield result
