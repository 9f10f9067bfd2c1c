"""Very many very small pictures in a few files: square sheets of square tiles."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from imgsearch.errors import PictureError
from imgsearch.images.pipeline import batched
from imgsearch.images.thumbnails import each, thumbnail
from imgsearch.progress import progress

COLUMNS = 16
"""Tiles on each side of a sheet."""
QUALITIES = (70, 50, 30, 10, 1)


@dataclass(frozen=True)
class Sprites:
    """Picture i is tile i mod COLUMNS² of sheet i // COLUMNS², row by row, at the upper left of its tile."""

    side: int
    """Of a tile, in pixels."""
    sheets: tuple[bytes, ...]
    """WebP files; empty where a sheet does not fit into the bytes that were allowed."""
    sizes: tuple[tuple[int, int], ...]
    """Width and height of each picture; (0, 0) where there is none."""


def draw_sprites(paths: Sequence[Path], side: int, most_bytes: int, unread: dict[str, PictureError]) -> Sprites:
    """Sheets of these pictures, reduced to fit `side`, of at most `most_bytes` together.

    Those that cannot be read are noted in `unread`.
    """
    images = each(partial(thumbnail, box=(side, side)), progress(paths, description="drawing the map"), unread)
    sheets: list[bytes] = []
    sizes: list[tuple[int, int]] = []
    for tiles in batched(images, COLUMNS**2):
        sheet = Image.new("RGB", (COLUMNS * side, -(-len(tiles) // COLUMNS) * side))
        for place, image in enumerate(tiles):
            if isinstance(image, PictureError):
                sizes.append((0, 0))
                continue
            row, column = divmod(place, COLUMNS)
            sheet.paste(image, (column * side, row * side))
            sizes.append(image.size)
        sheets.append(_fitting(sheet, most_bytes * len(tiles) // len(paths)))
        if not sheets[-1]:
            sizes[-len(tiles) :] = [(0, 0)] * len(tiles)
    return Sprites(side, tuple(sheets), tuple(sizes))


def _fitting(sheet: Image.Image, most_bytes: int) -> bytes:
    """The sheet at the best quality that is small enough; empty where none is."""
    for content in _qualities(sheet):
        if len(content) <= most_bytes:
            return content
    return b""


def _qualities(sheet: Image.Image) -> Iterator[bytes]:
    for quality in QUALITIES:
        file = io.BytesIO()
        sheet.save(file, "WEBP", quality=quality, method=0)
        yield file.getvalue()
