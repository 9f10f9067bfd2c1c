"""Labels from a table: a CSV file with the columns path and label, and optionally others."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from imgsearch.errors import UserError, printable
from imgsearch.workflows.labelled import Labelled

NUMBERS = ("order", "value")
WORDS = ("domain", "camera", "sequence")


def read_table(file: Path, folder: Path) -> Labelled:
    """The pictures that `file` names, their paths relative to `folder`.

    `order` and `value` are numbers; the words of `domain`, `camera` and `sequence` are numbered in sorted order; other
    columns are left aside.

    Raises:
        UserError: the file cannot be read, lacks a column, or a row is not in order.
    """
    shown = printable(file)
    try:
        with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            rows = list(csv.DictReader(stream, strict=True))
    except OSError as error:
        raise UserError(f"{shown}: cannot be read ({error.strerror}); give a CSV file with path and label") from None
    except csv.Error as error:
        raise UserError(f"{shown}: not a CSV file ({error}); write path,label and a row a picture") from None
    if not rows:
        raise UserError(f"{shown}: no rows in it; write path,label and a row a picture")
    for name in ("path", "label"):
        if name not in rows[0]:
            raise UserError(f"{shown}: no column {name!r}; the first line names the columns: path,label")
    lines: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        if not row["path"] or not row["label"]:
            raise UserError(f"{shown}: line {number} has no path or no label; complete it, or take it out")
        earlier = lines.setdefault(row["path"], number)
        if earlier != number:
            raise UserError(f"{shown}: lines {earlier} and {number} both name {printable(row['path'])}; take one out")
    columns = {name: tuple(_number(row[name], shown, line, name) for line, row in enumerate(rows, 2))
               for name in NUMBERS if name in rows[0]}  # fmt: skip
    columns |= {name: _numbered(rows, shown, name) for name in WORDS if name in rows[0]}
    labels = tuple(row["label"] for row in rows)
    if len(set(labels)) < 2:
        raise UserError(f"{shown}: only one label ({printable(labels[0])}); a notion of similarity needs two")
    return Labelled(tuple(folder / row["path"] for row in rows), labels, columns)


def _numbered(rows: Sequence[Mapping[str, str | None]], shown: str, name: str) -> tuple[float, ...]:
    """The words of a column, each as its place in sorted order."""
    words = [row[name] or "" for row in rows]
    if "" in words:
        raise UserError(f"{shown}: line {words.index('') + 2} has no {name}; complete it, or take the column out")
    places = {word: float(place) for place, word in enumerate(sorted(set(words)))}
    return tuple(places[word] for word in words)


def _number(text: str | None, shown: str, line: int, name: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f"{shown}: line {line}: {name} is {text!r}, which is not a number; correct it")
    return value
