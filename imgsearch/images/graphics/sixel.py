"""Sixel, DEC's graphics for terminals and printers: bands of six rows of pixels, drawn colour by colour.

https://vt100.net/docs/vt3xx-gp/chapter14.html
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgsearch.images.graphics import placed

COLOURS = 128
"""For each picture; twice as many take twice the time and half as many bytes again."""


def lines(image: Image.Image, columns: int, rows: int) -> list[str]:
    """The picture in colours of its own, pixel for pixel."""
    reduced = image.quantize(COLOURS)
    palette = np.asarray(reduced.getpalette() or [], dtype=np.float64).reshape(-1, 3)
    percent = np.round(palette / 2.55).astype(int)
    colours = "".join(f"#{number};2;{r};{g};{b}" for number, (r, g, b) in enumerate(percent.tolist()))
    indices = np.asarray(reduced)
    bands = "-".join(_band(indices[top : top + 6]) for top in range(0, len(indices), 6))
    return placed(f'\x1bP0;1;0q"1;1;{image.width};{image.height}{colours}{bands}\x1b\\', columns, rows)


def _band(indices: NDArray[np.uint8]) -> str:
    """Up to six rows: for each colour, which of the six pixels of each column have it, as bits from the top."""
    bits = (1 << np.arange(len(indices), dtype=np.uint8))[:, None]
    text = []
    for colour in np.unique(indices).tolist():
        row = ((indices == colour) * bits).sum(axis=0, dtype=np.uint8) + 63
        text.append(f"#{colour}{_shortened(row.astype(np.uint8).tobytes().decode('ascii'))}")
    return "$".join(text)


def _shortened(row: str) -> str:
    return re.sub(r"(.)\1{3,}", lambda run: f"!{len(run[0])}{run[1]}", row)
