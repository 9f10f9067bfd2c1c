"""What a file makes Pillow do and keep while it opens a picture, before anybody can ask for the picture's size."""

from __future__ import annotations

from imgsearch.images.headers import chunk_names, codestream, icon_pixels, tiff_numbers

LITTLE = 12_000_000
"""Bytes that are not worth counting."""

ICON_PIXELS = 1024 * 1024
"""Icons have 256 × 256 at most; Pillow decodes them while it opens them."""

TIFF_NUMBERS, CODESTREAM_TILES, CHUNKS = 300_000, 20_000, 150_000
"""The first take 300 bytes and 10 µs each, the second 13 kB, the last 200 bytes and 8 µs, however little is in them."""

TEXTS, TEXT = 64, 5_300_000
"""Packed texts in a PNG that Pillow unpacks and keeps, and bytes of each: 2²⁰ characters, which take up to
four, and the packed ones. A file with more it does not open."""

_PNG, _ICON, _TIFF = b"\x89PNG\r\n\x1a\n", b"\0\0\1\0", (b"II", b"MM")
_JPEG2000 = (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")


def baggage(content: bytes) -> int:
    """Bytes of memory that opening a picture takes, at most, besides its file's own; 0 where that is little."""
    taken = 0
    if content.startswith(_PNG):
        names = chunk_names(content, CHUNKS)
        taken = 200 * names.total() + TEXT * min(TEXTS, names[b"zTXt"] + names[b"iTXt"])
    elif content.startswith(_ICON):
        taken = 12 * min(ICON_PIXELS, icon_pixels(content))
    elif content.startswith(_TIFF):
        taken = 300 * min(TIFF_NUMBERS, tiff_numbers(content))
    return taken if taken > LITTLE else 0


def trap(content: bytes) -> str | None:
    """What a file is made of that would fill the memory, or take minutes, while it is opened; None if nothing."""
    if content.startswith(_PNG) and chunk_names(content, CHUNKS).total() >= CHUNKS:
        return f"a PNG in {CHUNKS:,} pieces or more, which would take too long"
    if content.startswith(_ICON) and (pixels := icon_pixels(content)) > ICON_PIXELS:
        return f"an icon of {pixels:,} pixels, more than {ICON_PIXELS:,}"
    if content.startswith(_TIFF) and (numbers := tiff_numbers(content)) > TIFF_NUMBERS:
        return f"a TIFF in {numbers:,} pieces, which would take too long"
    if content.startswith(_JPEG2000) and (tiles := codestream(content).tiles) > CODESTREAM_TILES:
        return f"a JPEG 2000 picture in {tiles:,} tiles, more than {CODESTREAM_TILES:,}"
    return None
