"""iTerm2's inline images: a picture file in base64. https://iterm2.com/documentation-images.html"""

from __future__ import annotations

import base64
import io

from PIL import Image

from imgsearch.images.graphics import placed


def lines(image: Image.Image, columns: int, rows: int) -> list[str]:
    """The picture as large as the cells allow."""
    file = io.BytesIO()
    image.save(file, "PNG")
    content = file.getvalue()
    keys = f"inline=1;size={len(content)};width={columns};height={rows};preserveAspectRatio=1"
    return placed(f"\x1b]1337;File={keys}:{base64.b64encode(content).decode()}\a", columns, rows)
