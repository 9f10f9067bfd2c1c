"""A second index inside an index folder, `next/`: it grows with another encoder while the first one answers.

It is an index like any other, but that its pictures are named from the first one's root, so that indexing that was
stopped goes on. When all is in it, `Writer.adopt` makes the first index what it is, and it is removed.
"""

from __future__ import annotations

from imgsearch.errors import IndexFolderError
from imgsearch.index.files import BESIDE
from imgsearch.index.remodel import remove_beside
from imgsearch.index.store import Index
from imgsearch.model import Model, model_digest, same_encoder


def unfinished(index: Index) -> Index | None:
    """The index that was begun beside this one and is not finished; None, too, where that is damaged."""
    try:
        beside = Index.open(index.folder / BESIDE, root=index.root)
        adopted = model_digest(beside.model) == index.model_digest  # by a writer that was killed then
        return None if adopted else beside
    except IndexFolderError:
        return None


def begin(index: Index, model: Model) -> Index:
    """An index for `model` beside this one: that which is there already, or a new one in its place.

    For one who holds the lock of `index`.
    """
    beside = unfinished(index)
    if beside is not None and same_encoder(beside.model, model):
        if beside.model_digest != model_digest(model):
            with beside.writer() as writer:
                writer.reproject(model)
            beside.refresh()
        return beside
    remove_beside(index.folder)
    return Index.create(index.folder / BESIDE, model, root=index.root)
