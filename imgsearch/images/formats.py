"""Which formats are read, and by what: never by whatever Pillow can do, which includes running Ghostscript."""

from __future__ import annotations

import functools
import importlib
import io

from PIL import Image, ImageFile, UnidentifiedImageError

from imgsearch.images.baggage import trap

FREQUENT = ("JPEG", "PNG", "GIF", "BMP", "DIB", "PPM")
"""Those that Pillow loads at its start; a JPEG may turn out to be MPO."""

RARE = {"WEBP": "WebP", "TIFF": "Tiff", "JPEG2000": "Jpeg2K", "ICO": "Ico", "AVIF": "Avif", "TGA": "Tga"}
"""By name, Pillow's plug-ins that are loaded once such a picture comes along: 7 ms, where loading all takes 25."""

HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")

READS = 500_000
"""Pillow's loops in Python read a few bytes at a time; a file that keeps them busy for longer was made to do so."""


class UnreadableFormatError(Exception):
    """A file that none of the readers takes; the message is the reason."""


def open_image(content: bytes, name: str = "") -> ImageFile.ImageFile:
    """A picture that is identified and not decoded yet.

    Raises:
        UnreadableFormatError: it is no picture, or of a format that is not read.
        Exception: whatever Pillow's plug-ins raise on damaged files.
    """
    if reason := trap(content):
        raise UnreadableFormatError(reason)
    frequent = _open(content, FREQUENT)
    if frequent is not None:
        return frequent
    readers = [reader for reader in RARE if _registered(reader)]
    if not name.lower().endswith(".tga"):  # it has no signature: anything might be one
        readers.remove("TGA")
    rare = _open(content, readers)
    if rare is not None:
        return rare
    if content[4:8] == b"ftyp" and content[8:12] in HEIF_BRANDS:
        return _open_heif(content)
    raise UnreadableFormatError("not a picture that Pillow can read")


class Patient(io.BytesIO):
    """Bytes that can be read `left` times and no more."""

    left = READS

    def read(self, size: int | None = -1) -> bytes:
        """As of any file; OSError when it was read too often."""
        self.left -= 1
        if self.left < 0:
            raise OSError("in too many small pieces")
        return super().read(size)


def _open(content: bytes, readers: tuple[str, ...] | list[str]) -> ImageFile.ImageFile | None:
    try:
        return Image.open(Patient(content), formats=readers)
    except UnidentifiedImageError:
        return None


def _registered(reader: str) -> bool:
    try:
        importlib.import_module(f"PIL.{RARE[reader]}ImagePlugin")
    except ImportError:  # AVIF came late to Pillow
        return False
    if reader == "TIFF":
        _hush_libtiff()
    return reader in Image.OPEN  # with any other name, Pillow would load all its plug-ins


@functools.cache
def _hush_libtiff() -> None:
    """Keep libtiff from printing a line on stderr for each damaged line of a picture; Pillow raises all the same."""
    import ctypes

    try:
        pillow = ctypes.CDLL(importlib.import_module("PIL._imaging").__file__)
        pillow.TIFFSetErrorHandler(None)
        pillow.TIFFSetWarningHandler(None)
    except (AttributeError, OSError):  # built in so that it cannot be reached (Windows)
        return


def _open_heif(content: bytes) -> ImageFile.ImageFile:
    try:
        heif = importlib.import_module("pillow_heif")
    except ImportError:
        raise UnreadableFormatError("a HEIC picture, which takes one more package: pip install pillow-heif") from None
    heif.register_heif_opener()
    image = _open(content, ["HEIF"])
    if image is None:
        raise UnreadableFormatError("not a picture that Pillow can read")
    return image
