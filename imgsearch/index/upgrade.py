"""Bringing an index of an older format to the present one, without opening a picture.

Formats 1 and 2 had no checksums; format 1 had no numbers in its files' names either. New files are written beside the
old ones, and a new catalogue takes the old one's place in one step, so that a killed upgrade has done nothing.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.index.catalogue import create_catalogue
from imgsearch.index.database import damaged, explained
from imgsearch.index.discover import CATALOGUE
from imgsearch.index.files import Files, remove_leftovers
from imgsearch.index.lock import writer_lock
from imgsearch.index.model_copy import flush, keep_model, record_model
from imgsearch.index.overhaul import fill
from imgsearch.index.record import Record
from imgsearch.index.schema import FORMAT_VERSION, NUMBERS, open_database
from imgsearch.index.vector_files import write_projected
from imgsearch.index.vectors import LITTLE_ENDIAN, write_rows
from imgsearch.model import load_model

_ROWS_AT_ONCE = 4096


def upgrade(folder: Path) -> int | None:
    """Bring an index to the present format; returns the format that it had, or None where there was nothing to do.

    Raises:
        IndexFolderError: no index, damaged, of a newer format, being written, or it cannot be written.
    """
    file = folder / CATALOGUE
    with open_database(file, "ro") as (_, version):
        if version == FORMAT_VERSION:
            return None
    with writer_lock(folder):
        with open_database(file, "ro") as (connection, version):
            if version == FORMAT_VERSION:  # another process was quicker
                return None
            settings = {key: json.loads(value) for key, value in connection.execute("SELECT key, value FROM settings")}
            records = list(_records(connection))
            holes = [slot for (slot,) in connection.execute("SELECT slot FROM holes")]
            sources = [path for (path,) in connection.execute("SELECT path FROM sources ORDER BY rowid")]
        before = Files(folder, *(settings.get(key, 0) for key in NUMBERS))
        files = before.after(new_vectors=True)
        with explained(folder):
            model = load_model(before.model)
            keep_model(model, files.model)
            write_rows(files.vectors, _old_rows(before.vectors, settings["slots"], model.info.dimension))
            write_projected(files, model, settings["slots"])
            flush(folder)
            with create_catalogue(file) as catalogue:
                catalogue.put_files(files)
                record_model(catalogue, model, files.model)
                fill(catalogue, records, holes, sources)
                for key in ("slots", "graph"):  # slots are the same ones, so the graph goes on
                    catalogue.put_setting(key, settings[key])
            flush(folder)
        remove_leftovers(files)
    return version


def _records(connection: sqlite3.Connection) -> Iterator[Record]:
    rows = connection.execute("SELECT path, size, mtime_ns, content_hash, slot, reason FROM pictures")
    for path, *others in rows:
        yield Record(os.fsdecode(path), *others)


def _old_rows(file: Path, slots: int, dimension: int) -> Iterator[NDArray[np.float32]]:
    length = dimension * LITTLE_ENDIAN.itemsize
    if not file.exists() or file.stat().st_size < slots * length:
        raise damaged(file, f"missing or cut short, {slots:,} vectors should be in it")
    with file.open("rb") as stream:
        for start in range(0, slots, _ROWS_AT_ONCE):
            count = min(_ROWS_AT_ONCE, slots - start)
            rows = np.frombuffer(stream.read(count * length), dtype=LITTLE_ENDIAN).reshape(count, dimension)
            if not np.isfinite(rows).all():
                raise damaged(file, "holds NaN or infinity")
            yield rows
