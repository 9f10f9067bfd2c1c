"""What a user may ask with: a picture file, a URL, or picture bytes on standard input."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

from imgsearch.errors import PictureError
from imgsearch.images.crop import Crop
from imgsearch.images.open import decode_picture
from imgsearch.images.read import largest_file, reading

STANDARD_INPUT = "-"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def is_url(source: str) -> bool:
    """Whether it begins as http and https URLs do."""
    return source.lower().startswith(("http://", "https://"))


def is_file(source: str) -> bool:
    """Whether it names a file, rather than a URL or standard input."""
    return source != STANDARD_INPUT and not is_url(source)


@dataclass(frozen=True)
class Source:
    """A picture file, a URL or "-", or the part of it that `crop` names."""

    name: str
    crop: Crop | None = None

    def open(self, side: int) -> Image.Image:
        """The picture, upright RGB, reduced if it is large; see `imgsearch.images.open.decode_picture`.

        Raises:
            PictureError: there is no picture, or none that can be read, or the crop is not inside it.
        """
        if self.name == STANDARD_INPUT:
            return self._decoded(_standard_input(), side)
        if is_url(self.name):
            return self._fetched(side)
        if _URL.match(self.name) and not os.path.lexists(self.name):
            raise PictureError(self.name, "a URL that is neither http nor https", "give one that is, or a file")
        with reading(self.name) as file:
            return self._decoded(file.content, side)

    def _decoded(self, content: bytes, side: int) -> Image.Image:
        if self.crop is None:
            return decode_picture(content, self.name, side=side)
        return self.crop.cut(decode_picture(content, self.name), self.name)

    def _fetched(self, side: int) -> Image.Image:
        from imgsearch.images.fetch import fetch  # which costs more than many a query

        with tempfile.TemporaryDirectory(prefix="imgsearch-") as folder:  # on disk, as many may be fetched at a time
            file = Path(folder) / "picture"
            with file.open("xb") as stream:
                fetch(self.name, stream, largest_file())
            try:
                with reading(file) as found:
                    return self._decoded(found.content, side)
            except PictureError as error:
                raise PictureError(self.name, error.reason, error.remedy) from None


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
