"""What the vector files of an index hold, and which of them is searched.

`vectors.f32` holds the encoder's own embeddings. Where the model has a linear metric, `projected.f32` holds them as
they are searched; it is derived, so that a lost one is made again from the former. Their full names: `Files`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from imgsearch.images.pipeline import ordered_map
from imgsearch.index.database import damaged
from imgsearch.index.files import Files
from imgsearch.index.vectors import Rows, append_rows, checked_rows, has_rows, map_rows, require_rows, write_rows
from imgsearch.model import Model

_BLOCKS_AHEAD = 16
_ROWS_AT_ONCE = 2048  # that a block in float64 stays in the cache between the product and the division by its length


def searched_rows(files: Files, model: Model, slots: int) -> Rows:
    """The first `slots` rows as they are searched (slots, search_dimension), mapped; nothing is written.

    Raises:
        IndexFolderError: the vector file is missing or shorter than that.
    """
    if model.metric is None:
        return map_rows(files.vectors, slots, model.search_dimension)
    if has_rows(files.projected, slots, model.search_dimension):
        return map_rows(files.projected, slots, model.search_dimension)
    projected = np.empty((slots, model.search_dimension), dtype=np.float32)
    for start, rows in zip(range(0, slots, _ROWS_AT_ONCE), _projected(files, model, slots), strict=True):
        projected[start : start + len(rows)] = rows
    return Rows(files.projected, projected)


def append_embeddings(files: Files, model: Model, slot: int, embeddings: NDArray[np.float32]) -> None:
    """Write embeddings (n, dimension), and their projection, to the slots from `slot` on; they are on the disk then."""
    embeddings = checked_rows(embeddings, model.info.dimension)
    append_rows(files.vectors, slot, embeddings)
    if model.metric is not None:
        append_rows(files.projected, slot, checked_rows(model.project(embeddings), model.search_dimension))


def prepare_to_append(files: Files, model: Model, slots: int) -> None:
    """Make `projected.f32` again where it is lost or too short; `IndexFolderError` where `vectors.f32` is."""
    require_rows(files.vectors, slots, model.info.dimension)
    if not has_rows(files.projected, slots, model.search_dimension):
        write_projected(files, model, slots)


def write_projected(files: Files, model: Model, slots: int) -> None:
    """Write `projected.f32` from the first `slots` rows of `vectors.f32`, where the model has a linear metric."""
    if model.metric is not None:
        write_rows(files.projected, _projected(files, model, slots))


def _projected(files: Files, model: Model, slots: int) -> Iterator[NDArray[np.float32]]:
    """Block by block, made in a thread, so that the disk writes one while the next is computed."""
    embeddings = map_rows(files.vectors, slots, model.info.dimension)

    def project(start: int) -> NDArray[np.float32]:
        block = embeddings.values[start : start + _ROWS_AT_ONCE]
        if not embeddings.intact(start, start + len(block)).all():
            raise damaged(files.vectors, "holds vectors that are not as they were written", repairable=True)
        return model.project(block)

    return ordered_map(project, range(0, slots, _ROWS_AT_ONCE), threads=1, ahead=_BLOCKS_AHEAD)
