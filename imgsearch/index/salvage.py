"""Mending what can be mended of an index from itself: its catalogue, the copy of its model, files that were cut short.

Each step is for an index that a `check` found damaged so; a sound one stays as it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from imgsearch.errors import IndexFolderError, ModelError
from imgsearch.index.catalogue import Catalogue, open_catalogue
from imgsearch.index.discover import CATALOGUE
from imgsearch.index.lock import writer_lock
from imgsearch.index.model_copy import dimensions_differ, keep_model, record_model
from imgsearch.index.overhaul import forget_damaged
from imgsearch.index.vectors import lengthen, row_count
from imgsearch.model import Model, load_model, model_digest


def salvage_catalogue(folder: Path) -> list[str]:
    """Forget what is damaged in the catalogue and keep the rest; what was done, a line each.

    Raises:
        IndexFolderError: it cannot be mended.
    """
    done: list[str] = []
    with writer_lock(folder), open_catalogue(folder / CATALOGUE, "rw") as catalogue:
        try:
            catalogue.require_sound()
        except IndexFolderError:
            catalogue.reindex()
            catalogue.require_sound()
        with catalogue.transaction():
            for key in ("graph", "exclude"):
                try:
                    catalogue.setting(key)
                except IndexFolderError:
                    catalogue.put_setting(key, [] if key == "exclude" else None)
                    done.append(f"the setting {key} was damaged and is empty now")
            files = catalogue.files()
            with contextlib.suppress(IndexFolderError, ModelError):
                if dimensions_differ(catalogue, files.model):
                    record_model(catalogue, load_model(files.model), files.model)
                    done.append("the number of dimensions was damaged and is the model's now")
            rows = row_count(files.vectors, catalogue.count("dimension"))
            slots = _slots(catalogue)
            pictures, sources = forget_damaged(catalogue, rows)
            if catalogue.count("slots") != slots:
                done.append("the number of slots was damaged and is counted anew")
            if pictures:
                done.append(f"{pictures:,} damaged entries are forgotten; `imgsearch index` reads their pictures again")
            if sources:
                done.append("damaged source folders are forgotten; name them once more: imgsearch index FOLDER")
            catalogue.records()
            catalogue.sources()
    return done


def _slots(catalogue: Catalogue) -> int | None:
    with contextlib.suppress(IndexFolderError):
        return catalogue.count("slots")
    return None


def restore_model(folder: Path, candidates: Iterable[Model]) -> bool:
    """Copy the index's model into it anew from the one among `candidates` that is the same; whether there was one."""
    with writer_lock(folder), open_catalogue(folder / CATALOGUE, "rw") as catalogue:
        files, digest = catalogue.files(), catalogue.setting("model")
        for model in candidates:
            with contextlib.suppress(ModelError, OSError):
                if model_digest(model) == digest:
                    keep_model(model, files.model)
                    with catalogue.transaction():
                        record_model(catalogue, model, files.model)
                    return True
    return False


def lengthen_files(folder: Path) -> None:
    """Make vector files that are missing or cut short as long as they should be; what was lost counts as damaged."""
    with writer_lock(folder), open_catalogue(folder / CATALOGUE, "rw") as catalogue:
        files, slots = catalogue.files(), catalogue.count("slots")
        lengthen(files.vectors, slots, catalogue.count("dimension"))
        if catalogue.has_metric():
            lengthen(files.projected, slots, catalogue.count("search_dimension"))
