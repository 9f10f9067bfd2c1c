"""Giving an index another model at one stroke, as `imgsearch.index.files` explains; for one who holds the lock."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import IndexFolderError, ModelError, printable
from imgsearch.index.catalogue import Catalogue, open_catalogue
from imgsearch.index.database import explained
from imgsearch.index.discover import CATALOGUE
from imgsearch.index.files import BESIDE, remove, remove_leftovers
from imgsearch.index.graph_file import GRAPH
from imgsearch.index.model_copy import flush, keep_model, link, read_model, record_model
from imgsearch.index.overhaul import renumber, take_pictures
from imgsearch.index.vector_files import write_projected
from imgsearch.index.vectors import Rows, map_rows, write_rows
from imgsearch.model import Model, same_encoder

_ROWS_AT_ONCE = 4096


def reproject(catalogue: Catalogue, current: Model, model: Model) -> None:
    """Compare pictures through the linear metric of `model`, or without one, from now on; their embeddings stay.

    Raises:
        ValueError: `model` has another encoder than `current`, the index's own.
        ModelError: `model` does not fit its encoder.
        IndexFolderError: the disk says no; then nothing has happened.
    """
    if not same_encoder(current, model):
        raise ValueError(f"{model.folder} has another encoder than the index")
    if model.info.dimension != current.info.dimension:
        numbers = f"model.json says {model.info.dimension} dimensions, the encoder gives {current.info.dimension}"
        raise ModelError(f"{printable(model.folder)}: {numbers}; copy the model folder again")
    files = catalogue.files().after(new_vectors=False)
    with _leaving_nothing_else(catalogue), explained(files.folder):
        keep_model(model, files.model)
        write_projected(files, model, catalogue.count("slots"))
        flush(files.folder)
        with catalogue.transaction():
            catalogue.put_files(files)
            record_model(catalogue, model, files.model)


def adopt(catalogue: Catalogue) -> None:
    """Become what the index in `next/` is, its model and all its pictures, and remove that one.

    Raises:
        IndexFolderError: the disk says no; then nothing has happened.
    """
    files = catalogue.files().after(new_vectors=True)
    with (
        open_catalogue(files.folder / BESIDE / CATALOGUE, "ro") as other,
        _leaving_nothing_else(catalogue),
        explained(files.folder),
    ):
        theirs = other.files()
        model = read_model(other, theirs.model)
        keep_model(model, files.model)
        link(theirs.vectors, files.vectors)
        if model.metric is not None:
            link(theirs.projected, files.projected)
        flush(files.folder)
        with catalogue.transaction():
            take_pictures(catalogue, other)
            catalogue.put_files(files)
            record_model(catalogue, model, files.model)
    remove_beside(files.folder)


def compact(catalogue: Catalogue, model: Model) -> None:
    """Leave the slots that no picture has out of new vector files, and number the others anew in their order.

    Raises:
        IndexFolderError: the disk says no, or a vector is damaged; then nothing has happened.
    """
    state, before = catalogue.state(), catalogue.files()
    living = np.delete(np.arange(state.slots), state.holes)
    files = before.after(new_vectors=True)
    with _leaving_nothing_else(catalogue), explained(files.folder):
        keep_model(model, files.model)
        write_rows(files.vectors, _gathered(map_rows(before.vectors, state.slots, model.info.dimension), living))
        write_projected(files, model, len(living))
        flush(files.folder)
        with catalogue.transaction():
            renumber(catalogue, living.tolist())
            catalogue.put_files(files)


def _gathered(rows: Rows, slots: NDArray[np.int64]) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(slots), _ROWS_AT_ONCE):
        part = slots[start : start + _ROWS_AT_ONCE]
        rows.require_intact(part)
        yield rows.values[part]


def tidy(catalogue: Catalogue) -> None:
    """Remove what killed writers left: files that do not count, a half-made `next/`, and one that was adopted."""
    remove_leftovers(catalogue.files())
    file = catalogue.file.parent / BESIDE / CATALOGUE
    adopted = not file.exists()
    if not adopted:
        with contextlib.suppress(IndexFolderError), open_catalogue(file, "ro") as other:
            adopted = other.setting("model") == catalogue.setting("model")
    if adopted:
        remove_beside(catalogue.file.parent)


def remove_beside(folder: Path) -> None:
    """Remove `next/` from an index folder."""
    remove(folder / BESIDE / CATALOGUE)  # first, so that a half-removed one is told from one that is not finished
    remove(folder / BESIDE)


@contextlib.contextmanager
def _leaving_nothing_else(catalogue: Catalogue) -> Iterator[None]:
    """However the block ends, what does not count then is removed: a full disk is not left full."""
    before = catalogue.files()
    try:
        yield
    finally:  # Ctrl-C may come between the commit and the end of the block: ask what counts
        after = catalogue.files()
        if after != before:
            remove(after.folder / GRAPH)
        remove_leftovers(after)
