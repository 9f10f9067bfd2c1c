"""From the command line to questions: what to look for, what to add and take away, how similar it must be."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from imgsearch.errors import UserError, printable

if TYPE_CHECKING:
    from imgsearch.workflows.question import Question

_STANDARD_INPUT = "-"


def to_questions(
    pictures: Sequence[str], lines: Sequence[str], nul: Sequence[str], *, together: bool, crop: str | None = None
) -> list[Question]:
    """A question for each picture, those of the lists behind the others, or one for all together.

    Raises:
        UserError: there is nothing to look for, a list cannot be read, standard input is to be read twice, or the crop
            is not understood.
    """
    from imgsearch.cli.lists import read_lists
    from imgsearch.images.crop import Crop
    from imgsearch.workflows.question import Question

    if [*pictures, *lines, *nul].count(_STANDARD_INPUT) > 1:
        raise UserError("-: standard input can be read once; give - once")
    listed = read_lists(lines, nul)
    if not pictures and listed is None:
        raise UserError("nothing to look for: name a picture, a URL, - for one on standard input, or --files-from FILE")
    # in a list, which has file names, "-" is a file
    everything = [*pictures, *(os.path.join(".", name) if name == _STANDARD_INPUT else name for name in listed or ())]  # noqa: PTH118 - Path drops ./
    part = None if crop is None else Crop.parse(crop)
    if together:
        return [Question(tuple(everything), part)] if everything else []
    return [Question((picture,), part) for picture in everything]


def to_weights(plus: Sequence[str], minus: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Pictures with their weights from `PICTURE[:WEIGHT]`, negative for those of `minus`.

    Raises:
        UserError: a weight is not above 0, or standard input is asked for.
    """
    added = [_weighted(text, "--plus") for text in plus]
    return (*added, *((picture, -weight) for picture, weight in (_weighted(text, "--minus") for text in minus)))


def _weighted(text: str, option: str) -> tuple[str, float]:
    name, colon, number = text.rpartition(":")
    picture, weight = text, 1.0
    if colon and name and not os.path.lexists(text):  # a file of that whole name is meant, colon and all
        with contextlib.suppress(ValueError):  # the colon is part of a name or a URL
            weight = float(number)
            picture = name
    if not (math.isfinite(weight) and weight > 0):
        raise UserError(f"{option} {printable(text)}: the weight must be above 0; write PICTURE:0.5, or PICTURE alone")
    if picture == _STANDARD_INPUT:
        raise UserError(f"{option} {printable(text)}: standard input can only be asked for; name a file or a URL")
    return picture, weight


def to_threshold(text: str | None) -> float | str | None:
    """A similarity, or "auto".

    Raises:
        UserError: neither, or out of range.
    """
    if text is None or text == "auto":
        return text
    try:
        threshold = float(text)
    except ValueError:
        understood = "not understood; give a similarity from -1 to 1, or auto"
        raise UserError(f"--threshold {printable(text)}: {understood}") from None
    if not -1.0 <= threshold <= 1.0:  # NaN neither
        raise UserError(f"--threshold {threshold:g}: out of range; similarity runs from -1 to 1")
    return threshold
