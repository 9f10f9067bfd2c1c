"""The memory of indexing a million new pictures, with a walk, a decoder and an encoder that are simulated.

All else is real: what is looked at, the queue, the catalogue and the vectors. What grows with the number of pictures is
the list of what is to be read, 430 bytes each (a stored path, a path, a size and a time). It is made before the first
is read, so that a picture that was moved is known as such. No file is mapped, so that no page of one counts.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.benchmarks.measured import run_measured
from tests.benchmarks.speed.results import Result, Setting

MOST = 1.5e9
IN_A_FOLDER = 1000
LONG_AGO = 1_500_000_000_123_456_789


@dataclass
class Entry:
    """What a walk needs of an `os.DirEntry`."""

    name: str
    path: str

    def is_symlink(self) -> bool:
        return False


def index_simulated(root: Path, count: int) -> None:
    """Index that many pictures that are not there."""
    import numpy as np

    from imgsearch.encoder import Encoder as Real
    from imgsearch.index import Index, Record, database
    from imgsearch.model import load_model
    from imgsearch.workflows.indexing import look, read, walk
    from imgsearch.workflows.indexing.load import Loaded
    from imgsearch.workflows.indexing.update import update_index

    def walk_runs(folder: Path, **_: object) -> Iterator[tuple[str, list[Entry]]]:
        for start in range(0, count, IN_A_FOLDER):
            below = f"2024-{start // IN_A_FOLDER:03} holiday/"
            names = [f"IMG_{number:07}.jpg" for number in range(start, min(count, start + IN_A_FOLDER))]
            yield below, [Entry(name, f"{folder}/{below}{name}") for name in names]

    def statuses(entries: Iterable[Entry], _: object) -> list[SimpleNamespace]:
        numbers = [int(entry.name[4:11]) for entry in entries]
        return [SimpleNamespace(st_size=4_000_000 + number, st_mtime_ns=LONG_AGO + number) for number in numbers]

    def load(stored: str, found: Any, _before: object, _contents: object, view: Any, *_: object) -> Loaded:
        digest = hashlib.blake2b(stored.encode(), digest_size=16).digest()
        pixels = np.full((view.side, view.side, 3), digest[0], dtype=np.uint8)
        return Loaded(Record(stored, found.size, found.mtime_ns, digest), pixels)

    class Encoder(Real):
        """The real one, threads and all, but for the one step that takes long."""

        def encode(self, pictures: Sequence[Any]) -> Any:
            rows = np.random.default_rng(int(pictures[0][0, 0, 0])).normal(size=(len(pictures), 256))
            return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    connect = database._connect

    def unhurried(*arguments: Any) -> sqlite3.Connection:
        connection = connect(*arguments)
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    for module, name, simulated in (
        (os, "fsync", lambda _: None), (database, "_connect", unhurried),  # to wait for the disk takes time, not memory
        (walk, "walk_runs", walk_runs), (look, "statuses", statuses), (read, "load", load), (read, "Encoder", Encoder),
    ):  # fmt: skip
        setattr(module, name, simulated)
    photos = root / "photos"
    photos.mkdir(parents=True)
    report = update_index(Index.create(root / ".imgsearch", load_model("base")), [photos])
    if report.added != count or report.pictures != count:
        raise RuntimeError(f"{report.added} of {count} pictures were added")


def peak(setting: Setting, count: int) -> int:
    """The most resident memory of a process that indexes that many, in bytes."""
    root = setting.folder / str(count)
    measured = run_measured([sys.executable, "-m", __name__, str(root), str(count)], setting.folder)
    if measured.exit_code != 0:
        raise RuntimeError(measured.stderr)
    return measured.peak_bytes


def measure(setting: Setting) -> Iterator[Result]:
    """Once each, of a tenth of the pictures and of all: memory hardly varies."""
    few, many = setting.scaled(100_000), setting.scaled(1_000_000)
    less, more = peak(setting, few), peak(setting, many)
    name = f"memory while indexing {many:,} pictures (simulated encoder)"
    yield Result(name, "1.5 GB", more / MOST, 1, None, more / 1e6, MOST / 1e6, unit="MB")
    growth = (more - less) / max(1, many - few)
    row = 4 * 256 + 8
    name = f"growth of it per picture, from {few:,} on"
    yield Result(name, "a row of the vectors file", growth / row, 1, None, growth, row, unit="B")


if __name__ == "__main__":
    index_simulated(Path(sys.argv[1]), int(sys.argv[2]))
