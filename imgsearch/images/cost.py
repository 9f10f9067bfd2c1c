"""What decoding a picture takes, judged by its header: bytes of memory at the peak, and whether it would ever end."""

from __future__ import annotations

from PIL import Image, ImageFile

from imgsearch.images.flatten import BAND, reduction
from imgsearch.images.headers import codestream, tiff_chunk
from imgsearch.images.pnm import is_odd, is_text

MOST_PIXELS = 175_000_000
"""However much memory there is; Pillow by itself refuses a little more."""

SLOW_PIXELS, TEXT_PIXELS = 1_000_000, 8_000_000
"""Where Pillow decodes in Python instead of C, at 2 µs a pixel: run-length coded BMP; in PPM as text, at 0.2 µs."""

MOST_SCANS = 4_000_000_000
"""Pixels times scans of a JPEG: each scan goes over all pixels, even if it consists of a few bytes."""

SCAN = b"\xff\xda"
"""What a scan begins with; within the data of another it cannot occur."""

_STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}
"""Pillow's bytes a pixel; all other modes take four."""

Size = tuple[int, int]


def bytes_needed(image: ImageFile.ImageFile, content: bytes, full: Size, side: int | None) -> int:
    """Bytes to decode and flatten a picture, at the peak: measured for each format, and rounded up.

    Args:
        image: identified, not loaded yet, and in draft mode where it will be decoded so.
        content: its file.
        full: its size without draft mode.
        side: see `imgsearch.images.flatten.reduction`.
    """
    across, down = reduction(image.size, side)
    flat = 8 * -(-image.width // across) * -(-image.height // down)  # twice four, for it may have to be turned
    return _bytes_to_decode(image, content, full) + flat + 24 * min(BAND, image.width * image.height)


def refusal(
    image: ImageFile.ImageFile, content: bytes, full: Size, *, needed: int, memory: int, max_pixels: int | None
) -> str | None:
    """Why a picture should not be decoded; None if it should.

    Args:
        image, content, full: as of `bytes_needed`.
        needed: what that says.
        memory: bytes that there are.
        max_pixels: how many pixels somebody allows; None leaves it to the memory.
    """
    pixels = full[0] * full[1]
    most = max_pixels
    if most is None:
        in_time = SLOW_PIXELS if is_slow(image) else TEXT_PIXELS if is_text(image) else MOST_PIXELS
        most = min(in_time, pixels * max(0, memory) // needed)
    if pixels > most:
        return f"{full[0]}×{full[1]} pixels, more than {most:,}; `index --max-pixels` allows more"
    if pixels * (passes := scans(image, content)) > max(MOST_SCANS, 30 * (max_pixels or 0)):
        return f"a JPEG in {passes:,} scans, which would take too long"
    return None


def scans(image: ImageFile.ImageFile, content: bytes) -> int:
    """Scans that the decoder of a JPEG has to go through, those of further pictures behind it included; else 1."""
    if not _in_scans(image, content):
        return 1
    in_metadata = sum(part.count(SCAN) for _, part in getattr(image, "applist", []))  # thumbnails
    return content.count(SCAN) - int(in_metadata)


def is_slow(image: ImageFile.ImageFile) -> bool:
    """Whether Pillow decodes this picture in Python."""
    return any(tile[0] in Image.DECODERS for tile in image.tile[:1]) and not is_odd(image)


def _bytes_to_decode(image: ImageFile.ImageFile, content: bytes, full: Size) -> int:
    stored, bands = _STORED.get(image.mode, 4), len(image.getbands())
    pixels = full[0] * full[1]
    if image.format in ("JPEG", "MPO"):
        coefficients = 2 * bands * pixels if _in_scans(image, content) else 0
        return stored * image.width * image.height + coefficients
    if image.format == "WEBP":
        return 17 * pixels  # two canvases, a copy as bytes, and Pillow's own
    if image.format == "JPEG2000":
        inner = codestream(content)
        return (stored + 5 * bands + 1) * max(pixels, inner.pixels) + 13_000 * inner.tiles
    if image.format in ("AVIF", "HEIF"):
        return (stored + 3 * bands) * pixels
    if image.format == "TIFF":  # which Pillow turns upright by itself, whole
        return 2 * stored * pixels + 8 * tiff_chunk(content, full)
    copies = 2 * bands if is_slow(image) or is_odd(image) else 0  # as bytes
    return (stored + copies) * pixels + (2 * len(content) + 30_000_000 if is_text(image) else 0)


def _in_scans(image: ImageFile.ImageFile, content: bytes) -> bool:
    """Whether a picture is a JPEG that libjpeg keeps whole until it knows all of it: no scan has all the colours."""
    if image.format not in ("JPEG", "MPO"):
        return False
    header = content.rfind(SCAN, 0, image.fp.tell() if image.fp else 0)  # Pillow has just read it
    colours = content[header + 4] if header >= 0 else 0
    return colours != getattr(image, "layers", 0) or "progressive" in image.info
