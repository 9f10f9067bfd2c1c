"""stdout is the answer, stderr the conversation."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from imgsearch.errors import PictureError

SHOWN = 10
"""Skipped pictures that are named one by one; the rest is counted."""


def say(text: str) -> None:
    """One line on stderr."""
    print(text, file=sys.stderr, flush=True)


def complain(text: str) -> None:
    """One line on stderr about what went wrong, whatever the message holds."""
    say(f"imgsearch: {' '.join(text.split())}")


def report_skipped(skipped: Sequence[PictureError]) -> None:
    """Name the pictures that were left out, the first few of them."""
    for error in skipped[:SHOWN]:
        complain(f"skipped {error}")
    if len(skipped) > SHOWN:
        complain(f"skipped {len(skipped) - SHOWN} more pictures")


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 picture`, `2,000 pictures`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
