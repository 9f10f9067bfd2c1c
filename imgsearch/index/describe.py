"""Changing what the copy of the model in an index says of itself; for one who holds the lock.

It goes as `imgsearch.index.files` explains, so that whoever is killed meanwhile leaves the old or the new description.
Since all that the model computes stays, so do the vectors and the graph: they only get other names.
"""

from __future__ import annotations

from imgsearch.index.catalogue import Catalogue
from imgsearch.index.database import damaged, explained
from imgsearch.index.files import remove_leftovers
from imgsearch.index.model_copy import broken_files, flush, link, record_model
from imgsearch.model import FILES, Model, ModelInfo, write_info


def describe(catalogue: Catalogue, model: Model, info: ModelInfo) -> None:
    """Write `info` into the copy of the index's `model`.

    Raises:
        ValueError: it speaks of another input size or dimension.
        IndexFolderError: the copy is damaged, or the disk says no; then nothing has happened.
    """
    if (info.input_size, info.dimension) != (model.info.input_size, model.info.dimension):
        raise ValueError(f"{info.input_size}, {info.dimension} is not what the model takes and gives")
    before = catalogue.files()
    if broken := broken_files(catalogue, before.model):  # else its checksum would be made right below
        raise damaged(before.model / broken[0], "gone, or not as it was written", repairable=True)
    files = before.after(new_vectors=False)
    try:
        with explained(files.folder):
            files.model.mkdir(exist_ok=True)
            for name in FILES:
                (files.model / name).unlink(missing_ok=True)  # of a writer that was killed
                if name != "model.json" and (before.model / name).is_file():
                    link(before.model / name, files.model / name)
            write_info(files.model, info)
            flush(files.model / "model.json")
            flush(files.model)
            if model.metric is not None:
                link(before.projected, files.projected)
            flush(files.folder)
            graph = catalogue.setting("graph")
            with catalogue.transaction():
                catalogue.put_files(files)
                catalogue.put_setting("graph", graph)
                record_model(catalogue, Model(files.model, info, model.metric), files.model)
    finally:  # Ctrl-C may come between the commit and the end of the block: ask what counts
        remove_leftovers(catalogue.files())
