"""Which vector files an index folder has, and which of them is searched.

`vectors.f32` holds the encoder's own embeddings. Where the model has a linear metric, `projected.f32` holds them as
they are searched; it is derived, so that a lost one is made again from the former.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.index.database import explained
from imgsearch.index.vectors import append_rows, checked_rows, has_rows, map_rows, require_rows
from imgsearch.model import Model

VECTORS = "vectors.f32"
PROJECTED = "projected.f32"
_ROWS_AT_ONCE = 16384


def searched_file(folder: Path, model: Model) -> Path:
    """The file whose rows are compared with queries."""
    return folder / (VECTORS if model.metric is None else PROJECTED)


def searched_rows(folder: Path, model: Model, slots: int) -> NDArray[np.float32]:
    """The first `slots` rows as they are searched (slots, search_dimension), mapped; nothing is written.

    Raises:
        IndexFolderError: the vector file is missing or shorter than that.
    """
    file = searched_file(folder, model)
    if model.metric is None or has_rows(file, slots, model.search_dimension):
        return map_rows(file, slots, model.search_dimension)
    embeddings = map_rows(folder / VECTORS, slots, model.info.dimension)
    projected = np.empty((slots, model.search_dimension), dtype=np.float32)
    for start in range(0, slots, _ROWS_AT_ONCE):
        projected[start : start + _ROWS_AT_ONCE] = model.project(embeddings[start : start + _ROWS_AT_ONCE])
    return projected


def append_embeddings(folder: Path, model: Model, slot: int, embeddings: NDArray[np.float32]) -> None:
    """Write embeddings (n, dimension), and their projection, to the slots from `slot` on; they are on the disk then."""
    embeddings = checked_rows(embeddings, model.info.dimension)
    append_rows(folder / VECTORS, slot, embeddings)
    if model.metric is not None:
        append_rows(folder / PROJECTED, slot, checked_rows(model.project(embeddings), model.search_dimension))


def prepare_to_append(folder: Path, model: Model, slots: int) -> None:
    """Make `projected.f32` again where it is lost or too short; `IndexFolderError` where `vectors.f32` is."""
    require_rows(folder / VECTORS, slots, model.info.dimension)
    file = folder / PROJECTED
    if model.metric is None or has_rows(file, slots, model.search_dimension):
        return
    embeddings = map_rows(folder / VECTORS, slots, model.info.dimension)
    with explained(file):
        file.touch()
    for start in range(0, slots, _ROWS_AT_ONCE):
        append_rows(file, start, model.project(embeddings[start : start + _ROWS_AT_ONCE]))
