"""Half-blocks: a character cell shows two pixels, the upper one in the colour of ▀, the lower one in that behind it."""

from __future__ import annotations

import functools
import math
import os

from PIL import Image

Colour = tuple[int, int, int]
LEVELS = (0, 95, 135, 175, 215, 255)
"""Red, green and blue of the 6 × 6 × 6 colours that every terminal with 256 colours has, from number 16 on."""
PALETTE = [(r, g, b) for r in LEVELS for g in LEVELS for b in LEVELS] + [(8 + 10 * step,) * 3 for step in range(24)]
"""These and the greys after them."""


def lines(image: Image.Image, columns: int, rows: int) -> list[str]:
    """The picture as half-blocks; in 256 colours unless $COLORTERM promises all."""
    every = os.environ.get("COLORTERM", "") in ("truecolor", "24bit")
    width, height = image.size
    content = image.tobytes()
    pixels = list(zip(content[::3], content[1::3], content[2::3], strict=True))
    drawn = []
    for y in range(0, height, 2):
        upper = pixels[y * width : (y + 1) * width]
        lower: list[Colour | None] = [*pixels[(y + 1) * width : (y + 2) * width]] or [None] * width
        drawn.append(_row(upper, lower, every) + " " * (columns - width))
    return [*drawn, *[" " * columns] * (rows - len(drawn))]


def _row(upper: list[Colour], lower: list[Colour | None], every: bool) -> str:
    text, before = "", ""
    for above, below in zip(upper, lower, strict=True):
        codes = f"\x1b[38;{_code(above, every)};{f'48;{_code(below, every)}' if below else '49'}m"
        text += ("" if codes == before else codes) + "▀"
        before = codes
    return text + "\x1b[0m"


def _code(colour: Colour, every: bool) -> str:
    if every:
        return f"2;{colour[0]};{colour[1]};{colour[2]}"
    return f"5;{16 + _nearest(colour)}"


@functools.cache
def _nearest(colour: Colour) -> int:
    """The place in the palette of what differs least from a colour."""
    return min(range(len(PALETTE)), key=lambda place: math.dist(PALETTE[place], colour))
