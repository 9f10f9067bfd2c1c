"""One picture that shows all others: a row of small squares for every class."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps


def contact_sheet(rows: Sequence[Sequence[Path]], tile: int, gap: int = 4) -> Image.Image:
    """Each row holds the pictures of a class, cropped to squares of `tile` pixels."""
    step = tile + gap
    size = max(len(row) for row in rows) * step + gap, len(rows) * step + gap
    sheet = Image.new("RGB", size, "white")
    for j, row in enumerate(rows):
        for i, path in enumerate(row):
            with Image.open(path) as picture:
                square = ImageOps.fit(picture.convert("RGB"), (tile, tile), Image.Resampling.LANCZOS)
            sheet.paste(square, (gap + i * step, gap + j * step))
    return sheet
