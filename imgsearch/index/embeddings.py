"""Reading embeddings back by path, in one look at one committed state."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.index.catalogue import open_catalogue
from imgsearch.index.discover import CATALOGUE
from imgsearch.index.record import Record
from imgsearch.index.vectors import map_rows


def stored_embeddings(folder: Path, paths: Iterable[str]) -> tuple[dict[str, Record], NDArray[np.float32]]:
    """What the index in `folder` knows of these stored paths, and the encoder's own embeddings of the searchable ones.

    The embeddings are (m, dimension), before any linear metric, in the order of those records that have a slot.

    Raises:
        IndexFolderError: the index, or one of these embeddings, is damaged.
    """
    with open_catalogue(folder / CATALOGUE, "ro") as catalogue, catalogue.transaction("DEFERRED"):
        records = catalogue.records(paths)
        slots = np.array([record.slot for record in records.values() if record.slot is not None], dtype=np.int64)
        files = catalogue.files()
        rows = map_rows(files.vectors, catalogue.count("slots"), catalogue.count("dimension"))
        rows.require_intact(slots)
        return records, np.asarray(rows.values[slots], dtype=np.float32)
