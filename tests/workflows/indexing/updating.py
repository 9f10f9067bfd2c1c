"""What the tests of updates share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from imgsearch.encoder import Encoder
from imgsearch.images.preprocess import Pixels
from imgsearch.index import Index
from imgsearch.model import load_model
from imgsearch.workflows.indexing.report import IndexReport
from imgsearch.workflows.indexing.update import update_index

from ...conftest import draw

LONG_AGO = 1_500_000_000_123_456_789


def aged(path: Path, seconds: int = 0) -> Path:
    """A file as it is mostly found: last changed long before it is read."""
    moment = LONG_AGO + seconds * 1_000_000_000
    os.utime(path, ns=(moment, moment))
    return path


def drawn(path: Path, seed: int) -> Path:
    """A picture of long ago."""
    return aged(draw(path, seed))


def indexed(folder: Path, *sources: str) -> Index:
    """An index of these folders in `folder`."""
    index = Index.create(folder / ".imgsearch", load_model("base"))
    update_index(index, [folder / source for source in sources])
    return index


def counts(report: IndexReport) -> dict[str, int]:
    """What was counted, without the noughts."""
    names = ("added", "updated", "moved", "removed", "unchanged")
    lists = {name: len(getattr(report, name)) for name in ("skipped", "unreadable", "missing")}
    whole = {name: getattr(report, name) for name in names} | lists
    return {name: number for name, number in whole.items() if number}


def slots(index: Index) -> dict[str, int | None]:
    """Stored path → slot."""
    return {path: record.slot for path, record in index.records().items()}


def encodings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows by the size of each batch that is encoded from now on."""
    sizes: list[int] = []
    encode = Encoder.encode

    def counted(self: Encoder, pictures: Sequence[Pixels]) -> object:
        sizes.append(len(pictures))
        return encode(self, pictures)

    monkeypatch.setattr(Encoder, "encode", counted)
    return sizes
