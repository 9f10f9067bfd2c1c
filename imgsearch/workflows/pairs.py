"""Pairs of pictures from a table: a CSV file with the columns a, b and same, for those who have no classes."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgsearch.errors import UserError, printable
from imgsearch.metric.pairs import Pairs

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
        UserError: the file cannot be read, a row is not in order, or two rows contradict each other.
    """
    shown = printable(file)
    try:
        with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            rows = [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise UserError(f"{shown}: cannot be read ({error.strerror}); give a CSV file with a,b,same") from None
    except csv.Error as error:
        raise UserError(f"{shown}: not a CSV file ({error}); write a,b,same and a row a pair") from None
    if not rows:
        raise UserError(f"{shown}: no rows in it; write a,b,same and a row a pair")
    for name in ("a", "b", "same"):
        if name not in rows[0][1]:
            raise UserError(f"{shown}: no column {name!r}; the first line names the columns: a,b,same")
    places: dict[Path, int] = {}
    known: dict[tuple[int, int], tuple[bool, int]] = {}
    for line, row in rows:
        a, b, same = _read(row, folder, f"{shown}: line {line}")
        one, other = (places.setdefault(path, len(places)) for path in (a, b))
        pair = (min(one, other), max(one, other))
        before, where = known.setdefault(pair, (same, line))
        if before != same:
            raise UserError(
                f"{shown}: lines {where} and {line} say the opposite of {printable(row['a'])} and "
                f"{printable(row['b'])}; take one of them out"
            )
    missing = next((path for path in places if not path.exists()), None)
    if missing is not None:
        raise UserError(f"{shown}: {printable(missing)} does not exist; correct its path, which is relative to FOLDER")
    joined = np.array(list(known), dtype=np.intp)
    same_flags = np.array([same for same, _ in known.values()], dtype=np.bool_)
    return PairTable(tuple(places), Pairs(joined[:, 0], joined[:, 1], same_flags))


def _read(row: Mapping[str, str | None], folder: Path, where: str) -> tuple[Path, Path, bool]:
    a, b, same = row["a"], row["b"], (row["same"] or "").strip().lower()
    if not a or not b:
        raise UserError(f"{where} has no a or no b; complete it, or take it out")
    if same not in TRUTH:
        raise UserError(f"{where}: same is {row['same']!r}; write 1 for the same, 0 for different")
    if a == b:
        raise UserError(f"{where} pairs {printable(a)} with itself; take it out")
    return folder / a, folder / b, TRUTH[same]
