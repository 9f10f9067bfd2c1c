"""`--show`: the query and its matches as pictures in the terminal, side by side."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from typing import TYPE_CHECKING

from imgsearch.cli.capabilities import Terminal, ask_terminal
from imgsearch.cli.formats import Format
from imgsearch.errors import PictureError, UserError, printable
from imgsearch.images.graphics import PROTOCOLS, lines
from imgsearch.images.pipeline import batched
from imgsearch.images.thumbnails import Picture, each

if TYPE_CHECKING:
    from imgsearch.workflows.question import Answer

VARIABLE = "IMGSEARCH_GRAPHICS"
SIZE, COARSE_SIZE, GAP = (18, 7), (24, 9), 2
"""Columns and rows of a picture, and of one in half-blocks, which shows less in a cell; columns between two of them.

Four fit beside each other into 80 columns, or three.
"""


def require_terminal(chosen: Format) -> None:
    """Raise a UserError unless pictures can be shown above the answer.

    They can where that is a table, or where $IMGSEARCH_GRAPHICS says by which protocol, as for `less -R`.
    """
    named = os.environ.get(VARIABLE)
    if named is not None and named not in PROTOCOLS:
        raise UserError(f"${VARIABLE}: {printable(named)} is none of {', '.join(PROTOCOLS)}; set one of these, or none")
    if chosen not in (Format.TABLE, Format.TSV):
        raise UserError(f"--show and --{chosen.value} exclude each other; give one of them")
    if not named and os.environ.get("TERM") == "dumb":
        raise UserError(
            f"--show: a terminal with TERM=dumb shows no pictures; use --html or --sheet, or set {VARIABLE}"
        )
    if not named and not sys.stdout.isatty():
        remedy = f"leave it away, set {VARIABLE}=blocks, or use --html or --sheet"
        raise UserError(f"--show: standard output is not a terminal; {remedy}")


def show_answer(answer: Answer) -> list[PictureError]:
    """Print the pictures of an answer, numbered by rank; returns those that could not be read."""
    terminal = _terminal()
    columns, rows = size = COARSE_SIZE if terminal.protocol == "blocks" else SIZE
    pictures = [answer.picture, *(match.path for match in answer.matches)]
    captions = ["query", *(f"{rank}  {match.similarity:.4f}" for rank, match in enumerate(answer.matches, 1))]
    draw = functools.partial(_draw, terminal=terminal, size=size)
    unread: dict[str, PictureError] = {}
    beside = max(1, (shutil.get_terminal_size().columns + GAP) // (columns + GAP))
    for tiles in batched(zip(each(draw, pictures, unread), captions, strict=True), beside):
        drawn = [_missing(*size) if isinstance(tile, PictureError) else tile for tile, _ in tiles]
        if terminal.protocol != "blocks":  # room first, as a terminal that scrolls forgets where the cursor was
            sys.stdout.write("\n" * rows + f"\x1b[{rows}A")
        for row in zip(*drawn, strict=True):
            sys.stdout.write((" " * GAP).join(row) + "\n")
        sys.stdout.write((" " * GAP).join(caption.ljust(columns) for _, caption in tiles).rstrip() + "\n\n")
        sys.stdout.flush()
    return list(unread.values())


@functools.cache
def _terminal() -> Terminal:
    named = os.environ.get(VARIABLE)
    return Terminal(named) if named else ask_terminal()


def _draw(picture: Picture, terminal: Terminal, size: tuple[int, int]) -> list[str]:
    return lines(terminal.protocol, picture, *size, terminal.cell)


def _missing(columns: int, rows: int) -> list[str]:
    """What stands for a picture that cannot be read."""
    edge, side = "─" * (columns - 2), " " * (columns - 2)
    middle = "cannot be read".center(columns - 2)
    body = [f"│{middle if row == rows // 2 else side}│" for row in range(1, rows - 1)]
    return [f"┌{edge}┐", *body, f"└{edge}┘"]
