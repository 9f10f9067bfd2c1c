"""Kitty's graphics protocol, which Ghostty, Konsole and WezTerm speak, too: raw pixels, compressed, in base64.

https://sw.kovidgoyal.net/kitty/graphics-protocol/
"""

from __future__ import annotations

import base64
import zlib

from PIL import Image

from imgsearch.images.graphics import placed

CHUNK = 4096
"""Characters that may be sent in one escape sequence."""


def lines(image: Image.Image, columns: int, rows: int) -> list[str]:
    """The picture, pixel for pixel."""
    data = base64.b64encode(zlib.compress(image.tobytes())).decode()
    chunks = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    # display at once (a=T), leave the cursor (C=1), answer nothing (q=2), more is to come (m=1)
    keys = f"a=T,f=24,o=z,s={image.width},v={image.height},C=1,q=2,"
    sequence = ""
    for number, chunk in enumerate(chunks, 1):
        sequence += f"\x1b_G{keys}m={int(number < len(chunks))};{chunk}\x1b\\"
        keys = "q=2,"
    return placed(sequence, columns, rows)
