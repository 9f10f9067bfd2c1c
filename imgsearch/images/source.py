"""What a user may ask with: a picture file, a URL, or picture bytes on standard input."""

from __future__ import annotations

import sys
import tempfile
from functools import cache
from pathlib import Path

from imgsearch.errors import PictureError
from imgsearch.images.crop import Crop
from imgsearch.images.open import decode_picture
from imgsearch.images.preprocess import Pixels, to_square
from imgsearch.images.read import largest_file, reading

STANDARD_INPUT = "-"


def is_url(source: str) -> bool:
    """Whether it begins as http and https URLs do."""
    return source.lower().startswith(("http://", "https://"))


def is_file(source: str) -> bool:
    """Whether it names a file, rather than a URL or standard input."""
    return source != STANDARD_INPUT and not is_url(source)


def read_source(source: str, side: int, crop: Crop | None = None) -> Pixels:
    """A picture file, a URL or "-", or the part of it that `crop` names, as (side, side, 3) uint8.

    Raises:
        PictureError: there is no picture, or none that can be read, or the crop is not inside it.
    """
    if source == STANDARD_INPUT:
        return _squared(_standard_input(), source, side, crop)
    if is_url(source):
        return _from_web(source, side, crop)
    with reading(source) as file:
        return _squared(file.content, source, side, crop)


def _squared(content: bytes, name: str, side: int, crop: Crop | None) -> Pixels:
    if crop is None:
        return to_square(decode_picture(content, name, side=side), side)
    return to_square(crop.cut(decode_picture(content, name), name), side)


def _from_web(url: str, side: int, crop: Crop | None) -> Pixels:
    from imgsearch.images.fetch import fetch  # which costs more than many a query

    with tempfile.TemporaryDirectory(prefix="imgsearch-") as folder:  # on disk, as many may be fetched at a time
        file = Path(folder) / "picture"
        with file.open("xb") as stream:
            fetch(url, stream, largest_file())
        try:
            with reading(file) as found:
                return _squared(found.content, url, side, crop)
        except PictureError as error:
            raise PictureError(url, error.reason, error.remedy) from None


@cache  # it can be read but once, and the same picture may be asked for again
def _standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise PictureError(STANDARD_INPUT, "standard input is the keyboard", "pipe a picture into it")
    content = sys.stdin.buffer.read(largest_file() + 1)
    if not content:
        raise PictureError(STANDARD_INPUT, "standard input is empty", "pipe a picture into it")
    if len(content) > largest_file():
        raise PictureError(STANDARD_INPUT, f"more than the {largest_file():,} bytes that there is memory for")
    return content
