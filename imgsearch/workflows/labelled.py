"""Labelled folders: a picture's class is its parent folder; classes can be held out by name order."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imgsearch.errors import UserError, printable
from imgsearch.images.find import Unreadable, class_of, find_pictures


@dataclass(frozen=True)
class Labelled:
    """Picture files with the class of each."""

    paths: tuple[Path, ...]
    classes: tuple[str, ...]
    columns: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """What else a label table says of each picture: order, domain, value, camera, sequence."""

    def only(self, names: frozenset[str]) -> Labelled:
        """The pictures of these classes."""
        return self.rows([row for row, name in enumerate(self.classes) if name in names])

    def at_most(self, number: int) -> Labelled:
        """The first `number` pictures of each class."""
        counts: Counter[str] = Counter()
        kept: list[int] = []
        for row, name in enumerate(self.classes):
            counts[name] += 1
            if counts[name] <= number:
                kept.append(row)
        return self.rows(kept)

    def rows(self, rows: Sequence[int]) -> Labelled:
        """The pictures of these rows."""
        columns = {name: tuple(column[row] for row in rows) for name, column in self.columns.items()}
        return Labelled(tuple(self.paths[row] for row in rows), tuple(self.classes[row] for row in rows), columns)


def read_labelled(folder: str | os.PathLike[str], *, unreadable: Unreadable = lambda path, error: None) -> Labelled:
    """All pictures below `folder`, by class; folders that cannot be listed are passed to `unreadable`.

    Raises:
        UserError: no folder, no picture, or no second class in it.
    """
    data = read_pictures(folder, unreadable=unreadable)
    if len(set(data.classes)) < 2:
        raise UserError(
            f"{printable(folder)}: only one class ({data.classes[0]!r}); give a folder with one sub-folder a class"
        )
    return data


def read_pictures(folder: str | os.PathLike[str], *, unreadable: Unreadable = lambda path, error: None) -> Labelled:
    """As `read_labelled`, but that they may all be of one class."""
    paths = tuple(find_pictures(folder, unreadable=unreadable))
    if not paths:
        raise UserError(f"{printable(folder)}: no pictures in it; give a folder with one sub-folder a class")
    return Labelled(paths, tuple(class_of(path) for path in paths))


def hold_out(data: Labelled, split: str) -> tuple[Labelled, Labelled]:
    """Split by class into (training, held out).

    `holdout:40` holds out the last 40 class names in sorted order, `holdout:0.2` the last fifth of them.

    Raises:
        UserError: not of that form, or one side would have fewer than two classes.
    """
    names = sorted(set(data.classes))
    match = re.fullmatch(r"holdout:(\d+|0?\.\d+)", split)
    if match is None:
        raise UserError(
            f"--split {split}: not understood; write holdout:40 (classes) or holdout:0.2 (share of the classes)"
        )
    count = round(float(match[1]) * len(names)) if "." in match[1] else int(match[1])
    if count < 2 or len(names) - count < 2:
        raise UserError(
            f"--split {split}: leaves {len(names) - count} and {count} of {len(names)} classes; each side needs two"
        )
    held_out = frozenset(names[-count:])
    return data.only(frozenset(names) - held_out), data.only(held_out)
