"""Opening one picture, whatever it holds: an upright RGB image, or the reason why not."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from imgsearch.errors import PictureError

# Pillow grumbles about odd metadata, which does not concern us, and about size, which is checked here. For the whole
# process, since `warnings.catch_warnings` is not safe in the threads that decode.
warnings.filterwarnings("ignore", module=r"PIL\.")

MAX_PIXELS = 250_000_000
"""Larger pictures are refused before they are decoded: three bytes a pixel make this 750 MB."""

MAX_BYTES = 1 << 30
"""Larger files are refused before they are read."""

_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
    OverflowError,
    ZeroDivisionError,
)
"""What Pillow's decoders raise on damaged files."""


def read_picture(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a picture file.

    Raises:
        PictureError: it is missing, empty, huge, unreadable, or no ordinary file (a pipe named .jpg would never end).
    """
    shown = os.fspath(path)
    try:
        status = Path(path).stat()
        if stat.S_ISDIR(status.st_mode):
            raise PictureError(shown, "a folder, not a picture")
        if not stat.S_ISREG(status.st_mode):
            raise PictureError(shown, "not an ordinary file")
        if status.st_size == 0:
            raise PictureError(shown, "empty file")
        if status.st_size > MAX_BYTES:
            raise PictureError(shown, f"{status.st_size:,} bytes, more than {MAX_BYTES:,}")
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise PictureError(shown, "no such file") from None
    except (OSError, ValueError) as error:
        raise PictureError(shown, f"cannot be read ({getattr(error, 'strerror', None) or error})") from None


def content_hash(content: bytes) -> bytes:
    """A file's identity, whatever its name: BLAKE2b, 16 bytes."""
    return hashlib.blake2b(content, digest_size=16).digest()


def decode_picture(content: bytes, path: str | os.PathLike[str], *, side: int | None = None) -> Image.Image:
    """Picture bytes as an upright RGB image: first frame, EXIF orientation applied, transparency on white.

    Args:
        content: the file's bytes.
        path: named in errors.
        side: decode a JPEG at reduced size, as long as both its sides stay at least twice this many pixels.

    Raises:
        PictureError: broken, no picture at all, or more than MAX_PIXELS.
    """
    shown = os.fspath(path)
    try:
        with Image.open(io.BytesIO(content)) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise PictureError(shown, f"{width}×{height} pixels, more than {MAX_PIXELS:,}")
            if side is not None:
                image.draft("RGB", (2 * side, 2 * side))
            image.load()
            return _flat(_upright(image))
    except PictureError:
        raise
    except Image.DecompressionBombError:
        raise PictureError(shown, "more pixels than Pillow allows") from None
    except UnidentifiedImageError:
        raise PictureError(shown, "not a picture that Pillow can read") from None
    except MemoryError:
        raise PictureError(shown, "too large for the memory") from None
    except _BROKEN as error:
        raise PictureError(shown, f"broken picture ({' '.join(str(error).split()) or type(error).__name__})") from None


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _BROKEN:  # a picture with damaged metadata is still a picture
        return image


def _flat(image: Image.Image) -> Image.Image:
    """Any mode as RGB: grey of more than 8 bits scaled down, transparent parts on white."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _eight_bits(image).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        layered = image.convert("RGBA")
        paper = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(paper, layered).convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits, or of floating point, as 8 bits; what white is in the latter two, the values tell."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    brightest = values.max(initial=0)
    if image.mode == "F" and brightest <= 1:
        white = 1.0
    elif image.mode in ("I", "F") and brightest <= 255:
        white = 255.0
    else:
        white = 65535.0
    return Image.fromarray((values * (255.0 / white)).clip(0, 255).astype(np.uint8))


def open_picture(path: str | os.PathLike[str], *, side: int | None = None) -> Image.Image:
    """Read and decode one picture; see `decode_picture`."""
    return decode_picture(read_picture(path), path, side=side)
