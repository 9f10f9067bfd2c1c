"""Reduced pictures to look at: on a page, on a contact sheet, in a terminal."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import Image

from imgsearch.errors import PictureError
from imgsearch.images.open import open_picture
from imgsearch.images.pipeline import ordered_map

Result = TypeVar("Result")


@dataclass(frozen=True)
class Encoded:
    """A reduced picture as a WebP file, and its size in pixels."""

    content: bytes
    width: int
    height: int


def thumbnail(path: str | os.PathLike[str], box: tuple[int, int]) -> Image.Image:
    """The whole picture, upright RGB, reduced to fit into `box` (width, height in pixels); a small one stays small.

    Raises:
        PictureError: it cannot be read.
    """
    image = open_picture(path, side=max(box))
    image.thumbnail(box, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return image


def encoded(path: str | os.PathLike[str], side: int) -> Encoded:
    """A picture reduced to at most `side` pixels each way, as WebP; errors as of `thumbnail`."""
    image = thumbnail(path, (side, side))
    file = io.BytesIO()
    image.save(file, "WEBP", quality=75, method=0)  # the slower methods take up to five times as long and save 3 %
    return Encoded(file.getvalue(), *image.size)


def each(
    function: Callable[[Path], Result], paths: Iterable[Path], unread: dict[str, PictureError]
) -> Generator[Result | PictureError, None, None]:
    """`function` of each path, computed in threads, in the order of the paths; or why not, also noted in `unread`."""

    def attempt(path: Path) -> Result | PictureError:
        try:
            return function(path)
        except PictureError as error:
            return error.with_traceback(None)  # which would keep the file's bytes

    for result in ordered_map(attempt, paths, threads=os.cpu_count() or 1, ahead=32):
        if isinstance(result, PictureError):
            unread[result.path] = result
        yield result
