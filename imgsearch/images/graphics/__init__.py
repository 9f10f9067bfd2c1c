"""Pictures as text for a terminal, by four protocols.

Each module has `lines(image, columns, rows) -> list[str]`: an RGB image that fits as so many rows of text, each as many
character cells wide, to be written side by side with others.

Written here because no library that is kept up has all four: term-image asks for a Pillow before 11, textual-image has
no iTerm2 and of Kitty's protocol a way that Kitty alone understands.
"""

from __future__ import annotations

from importlib import import_module

from imgsearch.images.thumbnails import Picture, thumbnail

PROTOCOLS = ("kitty", "iterm2", "sixel", "blocks")
"""Best first; the last one needs nothing but colours."""


Cell = tuple[int, int]
"""Width and height of a character cell in pixels."""


def lines(protocol: str, picture: Picture, columns: int, rows: int, cell: Cell) -> list[str]:
    """A picture by one of `PROTOCOLS`, reduced to so many character cells: as many strings as there are rows.

    Raises:
        PictureError: it cannot be read.
    """
    half_blocks = protocol == "blocks"
    image = thumbnail(picture, (columns, 2 * rows) if half_blocks else (columns * cell[0], rows * cell[1]))
    drawn: list[str] = import_module(f"{__name__}.{protocol}").lines(image, columns, rows)
    return drawn


def placed(sequence: str, columns: int, rows: int) -> list[str]:
    """What draws a picture at the cursor as rows of text that leave the cursor where such text would leave it."""
    over = f"\x1b[{columns}C"
    return [f"\x1b7{sequence}\x1b8{over}", *[over] * (rows - 1)]
