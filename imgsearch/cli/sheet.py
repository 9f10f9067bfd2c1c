"""`--sheet`: the answers as one picture."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imgsearch.cli.console import shown
from imgsearch.cli.replacing import replacing
from imgsearch.errors import PictureError, printable
from imgsearch.images.save import save_as
from imgsearch.images.sheet import TILE, Block, draw_sheet
from imgsearch.images.thumbnails import each, thumbnail

if TYPE_CHECKING:
    from imgsearch.workflows.question import Answer


def write_sheet(file: Path, answers: Sequence[Answer]) -> list[PictureError]:
    """Draw the contact sheet into `file`; returns the pictures that could not be read, each once.

    Raises:
        UserError: it cannot be written, or would be too large.
    """
    blocks = [
        Block(
            ("query", printable(answer.query)),
            [(f"{match.similarity:.4f}", _name(match.path)) for match in answer.matches],
        )
        for answer in answers
    ]
    pictures = [
        picture for answer in answers for picture in (answer.picture, *(match.path for match in answer.matches))
    ]
    unread: dict[str, PictureError] = {}
    sheet = draw_sheet(blocks, each(functools.partial(thumbnail, box=(TILE, TILE)), pictures, unread))
    with replacing(file, "--sheet") as stream:
        save_as(sheet, stream, file)
    return list(unread.values())


def _name(path: Path) -> str:
    return printable(shown(path))
