"""Labels from a table: a CSV file with the columns path and label, and optionally others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from imgsearch.errors import UserError, printable
from imgsearch.workflows.csv_rows import Row, placed, read_rows, require_pictures
from imgsearch.workflows.labelled import Labelled

NUMBERS = ("order", "value")
WORDS = ("domain", "camera", "sequence")

Numbered = Sequence[tuple[int, Row]]


def read_table(file: Path, folder: Path) -> Labelled:
    """The pictures that `file` names, their paths relative to `folder`.

    `order` and `value` are numbers; the words of `domain`, `camera` and `sequence` are numbered in sorted order; other
    columns are left aside.

    Raises:
        UserError: the file cannot be read, lacks a column, a row is not in order, or a picture does not exist.
    """
    shown = printable(file)
    rows = read_rows(file, ("path", "label"), "a picture")
    lines: dict[Path, int] = {}
    for number, row in rows:
        if not row["path"] or not row["label"].strip():
            raise UserError(f"{shown}: line {number} has no path or no label; complete it, or take it out")
        earlier = lines.setdefault(placed(row["path"], folder), number)
        if earlier != number:
            raise UserError(f"{shown}: lines {earlier} and {number} both name {printable(row['path'])}; take one out")
    columns = {name: _numbers(rows, shown, name) for name in NUMBERS if name in rows[0][1]}
    columns |= {name: _words(rows, shown, name) for name in WORDS if name in rows[0][1]}
    labels = tuple(row["label"].strip() for _, row in rows)
    if len(set(labels)) < 2:
        raise UserError(f"{shown}: only one label ({printable(labels[0])}); a notion of similarity needs two")
    require_pictures(lines, shown)
    return Labelled(tuple(lines), labels, columns)


def _words(rows: Numbered, shown: str, name: str) -> tuple[float, ...]:
    """The words of a column, each as its place in sorted order."""
    words = [row[name].strip() for _, row in rows]
    if "" in words:
        number = rows[words.index("")][0]
        raise UserError(f"{shown}: line {number} has no {name}; complete it, or take the column out")
    places = {word: float(place) for place, word in enumerate(sorted(set(words)))}
    return tuple(places[word] for word in words)


def _numbers(rows: Numbered, shown: str, name: str) -> tuple[float, ...]:
    return tuple(_number(row[name], f"{shown}: line {number}", name) for number, row in rows)


def _number(text: str, where: str, name: str) -> float:
    if not text:
        raise UserError(f"{where} has no {name}; complete it, or take the column out")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f"{where}: {name} is {text!r}, which is not a number; correct it")
    return value
