"""Tables that people write about their pictures: CSV files whose first line names the columns."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path

from imgsearch.errors import UserError, printable

Row = Mapping[str, str]
"""A cell by the name of its column; "" where the line ends before it."""


def read_rows(file: Path, needed: tuple[str, ...], each: str) -> list[tuple[int, Row]]:
    """The rows of `file`, each with the number of the line that it ends on; columns may stand in any order.

    `needed` are the columns that there must be, and `each` is what a row tells of, for the remedies.

    Raises:
        UserError: the file cannot be read, is no CSV file, lacks a column or a row, or a row has too many cells.
    """
    shown, header = printable(file), ",".join(needed)
    try:
        with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            reader = csv.reader(stream, strict=True, skipinitialspace=True)
            lines = [(reader.line_num, cells) for cells in reader if any(cells)]
    except OSError as error:
        raise UserError(f"{shown}: cannot be read ({error.strerror}); give a CSV file with {header}") from None
    except csv.Error as error:
        raise UserError(f"{shown}: not a CSV file ({error}); write {header} and a row {each}") from None
    if len(lines) < 2:
        raise UserError(f"{shown}: no rows in it; write {header} and a row {each}")
    names, rows = [name.strip() for name in lines[0][1]], lines[1:]
    for name in needed:
        if name not in names:
            found = printable(",".join(names))
            raise UserError(
                f"{shown}: no column {name!r}; the first line names the columns, as {header}; it is {found}"
            )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UserError(f"{shown}: two columns are called {printable(twice)!r}; rename or remove one")
    for number, cells in rows:
        if len(cells) > len(names):
            raise UserError(
                f"{shown}: line {number} has {len(cells)} cells and the first line {len(names)}; "
                "a path with a comma in it goes in double quotes"
            )
    return [(number, dict(zip(names, cells + [""] * (len(names) - len(cells)), strict=True))) for number, cells in rows]


def placed(name: str, folder: Path) -> Path:
    """A path as the table has it, relative to `folder`; two spellings of one path come out the same."""
    return Path(os.path.normpath(folder / name))


def require_pictures(paths: Mapping[Path, int], shown: str) -> None:
    """UserError unless all `paths` exist, given with the lines of the table `shown` that name them."""
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise UserError(
            f"{shown}: {len(missing):,} of {len(paths):,} pictures do not exist, the first in line {paths[missing[0]]}: "
            f"{printable(missing[0])}; correct the paths, which are relative to FOLDER, or take the lines out"
        )
