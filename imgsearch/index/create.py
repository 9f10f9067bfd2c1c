"""Making an index folder: the catalogue comes last, so that a half-made one is told from a finished one."""

from __future__ import annotations

from pathlib import Path

from imgsearch.errors import IndexFolderError, printable
from imgsearch.index.catalogue import create_catalogue
from imgsearch.index.database import explained
from imgsearch.index.discover import CATALOGUE
from imgsearch.index.files import BESIDE, Files, is_ours
from imgsearch.index.graph_file import GRAPH
from imgsearch.index.lock import writer_lock
from imgsearch.index.model_copy import flush, keep_model, record_model
from imgsearch.model import Model

_OURS = {GRAPH, f"{GRAPH}.part", BESIDE, "lock", f"{CATALOGUE}.part", f"{CATALOGUE}.part-journal"}


def located(folder: Path) -> Path:
    """An index folder's absolute path, links above it resolved: its parent is what stored paths are relative to."""
    whole = folder.absolute()
    return whole.resolve() if whole.name in {"", ".."} else whole.parent.resolve() / whole.name


def create_folder(folder: Path, model: Model) -> None:
    """Make an empty index that carries a copy of `model`, or complete a half-made one; on the disk when it returns.

    Raises:
        IndexFolderError: there is an index already, something else is in the folder, or it cannot be written.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        present = {entry.name for entry in folder.iterdir()}
    if CATALOGUE in present:
        raise IndexFolderError(f"{printable(folder)}: holds an index already; open it, or delete it to start again")
    strangers = {name for name in present - _OURS if not is_ours(name)}
    if strangers:
        stranger = printable(min(strangers))
        raise IndexFolderError(f"{printable(folder)}: holds something else ({stranger}); give an empty or a new folder")
    with writer_lock(folder), explained(folder):
        if (folder / CATALOGUE).exists():
            raise IndexFolderError(f"{printable(folder)}: another process has just made an index here; open it")
        files = Files(folder)
        keep_model(model, files.model)
        for file in (files.vectors,) if model.metric is None else (files.vectors, files.projected):
            file.write_bytes(b"")
            flush(file)
        with create_catalogue(folder / CATALOGUE) as catalogue:
            record_model(catalogue, model, files.model)
        flush(folder)
        flush(folder.parent)
