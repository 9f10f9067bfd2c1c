"""Opening one picture, whatever it holds: an upright RGB image, or the reason why not."""

from __future__ import annotations

import os
import warnings
from contextlib import ExitStack

from PIL import Image, ImageFile

from imgsearch.errors import PictureError
from imgsearch.images.allocator import give_back
from imgsearch.images.baggage import baggage
from imgsearch.images.cost import bytes_needed, is_slow, refusal
from imgsearch.images.flatten import flattened, reduction, upright
from imgsearch.images.formats import Patient, UnreadableFormatError, open_image
from imgsearch.images.memory import budget
from imgsearch.images.pnm import is_odd, read_odd
from imgsearch.images.read import content_hash, read_picture, reading

LARGE = 50_000_000
"""Bytes for a picture after which it is worth a few milliseconds to have them back."""

__all__ = ["content_hash", "decode_picture", "open_picture", "read_picture"]

# Pillow grumbles about odd metadata, which does not concern us, and about size, which is checked here. For the whole
# process, since `warnings.catch_warnings` is not safe in the threads that decode.
warnings.filterwarnings("ignore", module=r"PIL\.")


def decode_picture(
    content: bytes, path: str | os.PathLike[str], *, side: int | None = None, max_pixels: int | None = None
) -> Image.Image:
    """Picture bytes as an upright RGB image: first frame, EXIF orientation applied, transparency on white.

    Waits where other threads decode large pictures, so that all of them together stay within `memory.budget`.

    Args:
        content: the file's bytes.
        path: named in errors; its suffix tells TGA, which has no other mark.
        side: what to squeeze the picture to later: a large one is decoded at reduced size, as long as both its sides
            stay at least one and a half times as many pixels (measured: `tests/test_reduced_decoding.py`).
        max_pixels: more are refused; by default what there is memory and time for, which depends on the format.

    Raises:
        PictureError: broken, no picture at all, or too many pixels.
    """
    shown = os.fspath(path)
    with ExitStack() as held:  # until what was decoded is gone, which it is when `_decoded` returns
        decoded = _decoded(content, shown, side, max_pixels, held)
    if isinstance(decoded, str):
        # Here, where no exception of Pillow's is being handled: it would stay with this one as its context, and with
        # it the half-decoded picture, for as long as anybody keeps a list of what went wrong.
        raise PictureError(shown, decoded)
    return decoded


def open_picture(
    path: str | os.PathLike[str], *, side: int | None = None, max_pixels: int | None = None
) -> Image.Image:
    """Read and decode one picture; see `decode_picture`."""
    with reading(path) as file:
        return decode_picture(file.content, path, side=side, max_pixels=max_pixels)


def _decoded(content: bytes, name: str, side: int | None, max_pixels: int | None, held: ExitStack) -> Image.Image | str:
    """The picture, or the reason why there is none; the memory that it takes is `held`."""
    if max_pixels is not None and Image.MAX_IMAGE_PIXELS is not None:
        Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, max_pixels)  # Pillow's own limit would come first
    opening = len(content) + baggage(content)
    if opening > len(content):
        held.enter_context(budget().alone(opening))
        held.callback(give_back)
    try:
        image = open_image(content, name)
    except Exception as error:  # whatever a decoder stumbles over in a hostile file is the file's fault
        return _reason(error)
    with image:
        full = image.size
        if side is not None:
            image.draft("RGB", (3 * side // 2, 3 * side // 2))
        needed = bytes_needed(image, content, full, side)
        memory = budget().total - opening
        refused = refusal(image, content, full, needed=needed, memory=memory, max_pixels=max_pixels)
        if refused is not None:
            return refused
        if is_slow(image) and isinstance(image.fp, Patient):
            image.fp.left += 2 * full[0] * full[1]
        held.enter_context(budget().holding(opening + needed))
        if needed > LARGE:
            held.callback(give_back)
        return _loaded(image, content, side)


def _loaded(image: ImageFile.ImageFile, content: bytes, side: int | None) -> Image.Image | str:
    try:
        if is_odd(image):
            flat = flattened(read_odd(image, content), reduction(image.size, side))
        else:
            image.load()
            flat = upright(flattened(image, reduction(image.size, side)), image)
        flat.info = {}  # texts and profiles, megabytes of them if somebody wants
        return flat
    except Exception as error:  # as above
        return _reason(error)


def _reason(error: Exception) -> str:
    if isinstance(error, UnreadableFormatError):
        return str(error)
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {2 * (Image.MAX_IMAGE_PIXELS or 0):,} pixels; `index --max-pixels` allows more"
    if isinstance(error, MemoryError):
        return "too large for the memory"
    return f"broken picture ({' '.join(str(error).split())[:100] or type(error).__name__})"
