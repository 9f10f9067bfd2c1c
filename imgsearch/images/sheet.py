"""A contact sheet: for each query a block, the query at its left, its matches in a grid with captions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from imgsearch.errors import PictureError, UserError

TILE, CAPTION, GAP, COLUMNS = 200, 58, 16, 5
MOST_PIXELS = 150_000_000
"""In memory three bytes each."""
INK, FAINT, LINE, EMPTY, PAPER = "#1a1a1a", "#595959", "#c8c8c8", "#f0f0ef", "#ffffff"
FONTS = ("NotoSansCJK-Regular.ttc", "Arial Unicode.ttf", "msgothic.ttc", "DejaVuSans.ttf")
"""Looked for on the system, for names that Pillow's own font, which is Latin, cannot write."""


@dataclass(frozen=True)
class Block:
    """Captions of a query and of its matches, of two lines each: what it is, and its name."""

    query: tuple[str, str]
    matches: Sequence[tuple[str, str]]


def draw_sheet(blocks: Sequence[Block], pictures: Iterable[Image.Image | PictureError]) -> Image.Image:
    """The sheet; `pictures`, at most TILE pixels each way, in the order of the captions, or why one is missing.

    Raises:
        UserError: there are too many for one picture.
    """
    columns = min(COLUMNS, max(1, *(len(block.matches) for block in blocks)))
    width = _left(columns + 1) + GAP
    height = GAP + sum(_height(block, columns) for block in blocks)
    if width * height > MOST_PIXELS:
        raise UserError(f"--sheet: {width:,} × {height:,} pixels are too many; ask for fewer matches, or use --html")
    sheet = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(sheet)
    source, top = iter(pictures), GAP
    for block in blocks:
        _tile(sheet, (GAP, top), next(source), block.query)
        for number, caption in enumerate(block.matches):
            row, column = divmod(number, columns)
            _tile(sheet, (_left(column + 1), top + row * (TILE + CAPTION)), next(source), caption)
        if not block.matches:
            draw.text((_left(1), top + TILE // 2), "no match", fill=FAINT, font=_font("", 16), anchor="lm")
        bottom = top + _height(block, columns) - GAP
        draw.line([(_left(1) - GAP - 1, top), (_left(1) - GAP - 1, bottom)], fill=LINE, width=2)
        top = bottom + GAP
    return sheet


def _left(column: int) -> int:
    """Where a column begins; after the first, which is the query's, there is twice the gap."""
    return GAP + column * (TILE + GAP) + (GAP if column else 0)


def _height(block: Block, columns: int) -> int:
    return max(1, -(-len(block.matches) // columns)) * (TILE + CAPTION) + GAP


def _tile(
    sheet: Image.Image, corner: tuple[int, int], picture: Image.Image | PictureError, lines: Sequence[str]
) -> None:
    draw, (left, top) = ImageDraw.Draw(sheet), corner
    square = [left, top, left + TILE - 1, top + TILE - 1]
    draw.rectangle(square, fill=EMPTY)
    if isinstance(picture, PictureError):
        draw.line(square, fill=LINE)
        draw.line([left, top + TILE - 1, left + TILE - 1, top], fill=LINE)
        reason = _fitted(picture.reason, _font(picture.reason, 14), keep_end=False)
        draw.text((left + TILE // 2, top + TILE // 2), reason, fill=INK, font=_font(reason, 14), anchor="mm")
    else:
        sheet.paste(picture, (left + (TILE - picture.width) // 2, top + (TILE - picture.height) // 2))
    for number, (text, colour, size) in enumerate(zip(lines, (INK, FAINT), (16, 13), strict=True)):
        font = _font(text, size)
        draw.text((left, top + TILE + 19 + 18 * number), _fitted(text, font), fill=colour, font=font, anchor="ls")


def _fitted(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, *, keep_end: bool = True) -> str:
    """As much of the text as is no wider than a tile: of a name the end, which tells most."""
    cut = text
    while cut and font.getlength(cut if cut == text else f"…{cut}") > TILE:
        cut = cut[1:] if keep_end else cut[:-1]
    return cut if cut == text else f"…{cut}" if keep_end else f"{cut}…"


def _font(text: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    if any(character > "\u024f" and character not in "…×–" for character in text):
        for name in FONTS:
            try:
                return ImageFont.truetype(name, size)
            except OSError:
                continue
    return ImageFont.load_default(size)
