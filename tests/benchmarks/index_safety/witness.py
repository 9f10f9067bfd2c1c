"""The real command, which on the side writes down what it encodes and every state that it commits.

    python -m tests.benchmarks.index_safety.witness JOURNAL index photos ...

JOURNAL gets a line of JSON for each batch before it is encoded, {"encoded": 32}, and for each transaction that SQLite
has committed in the index folder: {"from", "to": times of the system's monotonic clock between which it was committed,
"model": digest, "pictures": {stored path: [content hash, slot]}}. The state is read by the public API right after the
commit, while this process still holds the writer's lock, so that it is just the state that was committed.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imgsearch.encoder import Embeddings, Encoder
from imgsearch.errors import UserError
from imgsearch.images.preprocess import Pixels
from imgsearch.index import Index


class Journal:
    """Lines of JSON at the end of a file, each written at one stroke, and apart from what a killed one has left."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, **values: Any) -> None:
        os.write(self._descriptor, b"\n" + json.dumps(values).encode() + b"\n")


def watch_encoder(journal: Journal) -> None:
    """Write down how many pictures each call encodes."""
    encode = Encoder.encode

    def counted(encoder: Encoder, pictures: Sequence[Pixels]) -> Embeddings:
        journal.write(encoded=len(pictures))
        return encode(encoder, pictures)

    Encoder.encode = counted  # type: ignore[assignment, method-assign]


def watch_commits(journal: Journal) -> None:
    """Write down each state that is committed to a finished index."""
    connect = sqlite3.connect

    class Watched(sqlite3.Connection):
        reading = False

        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            began = time.monotonic()
            cursor = super().execute(sql, *parameters)
            if sql.startswith("BEGIN"):
                self.reading = "DEFERRED" in sql
            elif sql == "COMMIT" and not self.reading:
                _, _, name = super().execute("PRAGMA database_list").fetchone()
                _write_state(journal, Path(name), began)
            return cursor

    sqlite3.connect = lambda *arguments, **options: connect(*arguments, **{"factory": Watched, **options})


def _write_state(journal: Journal, file: Path, began: float) -> None:
    ended = time.monotonic()
    if file.name != "catalogue.sqlite" or file.parent.name == "next":
        return
    try:
        index = Index(file.parent)
        records = index.records().values()
        pictures = {
            record.path: (record.content_hash.hex(), record.slot) for record in records if record.slot is not None
        }
        model = index.model_digest
    except UserError:  # of one that is not there any more, or not yet
        return
    journal.write(**{"from": began, "to": ended, "model": model, "pictures": pictures})


if __name__ == "__main__":
    from imgsearch.cli import main

    _journal = Journal(Path(sys.argv.pop(1)))
    watch_encoder(_journal)
    watch_commits(_journal)
    main()
