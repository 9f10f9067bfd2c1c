"""Pairs of pictures from a table: a CSV file with the columns a, b and same, for those who have no classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgsearch.errors import UserError, printable
from imgsearch.metric.pairs import Pairs
from imgsearch.workflows.csv_rows import Row, placed, read_rows, require_pictures

TRUTH = {
    "1": True,
    "true": True,
    "yes": True,
    "same": True,
    "0": False,
    "false": False,
    "no": False,
    "different": False,
}


@dataclass(frozen=True)
class PairTable:
    """Pictures, and which two of them are the same or different."""

    paths: tuple[Path, ...]
    """Each picture once."""
    pairs: Pairs
    """Rows of `paths`."""

    @property
    def columns(self) -> dict[str, tuple[float, ...]]:
        """What else is known of each picture: nothing."""
        return {}

    def only(self, rows: tuple[int, ...]) -> Pairs:
        """The pairs whose pictures are both among `rows` of the paths, renumbered to them."""
        place = np.full(len(self.paths), -1)
        place[list(rows)] = np.arange(len(rows))
        first, second = place[self.pairs.first], place[self.pairs.second]
        kept = (first >= 0) & (second >= 0)
        return Pairs(first[kept], second[kept], self.pairs.same[kept])


def read_pairs(file: Path, folder: Path) -> PairTable:
    """The pairs that `file` names, their paths relative to `folder`; a pair that stands there twice counts once.

    Raises:
        UserError: the file cannot be read, a row is not in order, two rows contradict each other, or a picture does not
            exist.
    """
    shown = printable(file)
    places: dict[Path, int] = {}
    lines: dict[Path, int] = {}
    known: dict[tuple[int, int], tuple[bool, int]] = {}
    for line, row in read_rows(file, ("a", "b", "same"), "a pair"):
        a, b, same = _read(row, folder, f"{shown}: line {line}")
        for path in (a, b):
            lines.setdefault(path, line)
        one, other = (places.setdefault(path, len(places)) for path in (a, b))
        before, where = known.setdefault((min(one, other), max(one, other)), (same, line))
        if before != same:
            raise UserError(
                f"{shown}: lines {where} and {line} say the opposite of {printable(row['a'])} and "
                f"{printable(row['b'])}; take one of them out"
            )
    require_pictures(lines, shown)
    joined = np.array(list(known), dtype=np.intp)
    same_flags = np.array([same for same, _ in known.values()], dtype=np.bool_)
    return PairTable(tuple(places), Pairs(joined[:, 0], joined[:, 1], same_flags))


def _read(row: Row, folder: Path, where: str) -> tuple[Path, Path, bool]:
    if not row["a"] or not row["b"]:
        raise UserError(f"{where} has no a or no b; complete it, or take it out")
    same = row["same"].strip().lower()
    if same not in TRUTH:
        raise UserError(f"{where}: same is {row['same']!r}; write 1 for the same, 0 for different")
    a, b = placed(row["a"], folder), placed(row["b"], folder)
    if a == b:
        raise UserError(f"{where} pairs {printable(row['a'])} with itself; take it out")
    return a, b, TRUTH[same]
