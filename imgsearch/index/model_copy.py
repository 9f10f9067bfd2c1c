"""The copy of the model that an index carries, so that its queries can never be asked through another one."""

from __future__ import annotations

import contextlib
import os
import shutil
import zlib
from pathlib import Path

from imgsearch.errors import ModelError
from imgsearch.index.database import damaged
from imgsearch.index.settings import Settings
from imgsearch.model import FILES, Model, copy_model, load_model, model_digest

_BLOCK = 1 << 20
_READ = ("model.json", "encoder.onnx", "metric.npy")
"""Those that answering takes; the others are for training on from it."""


def keep_model(model: Model, destination: Path) -> None:
    """Copy a model's files into an index; they are on the disk when it returns."""
    if model.folder.resolve() != destination.resolve():
        for name in FILES:  # of another model, from a run that was killed
            (destination / name).unlink(missing_ok=True)
        copy_model(model, destination)
    for file in destination.iterdir():
        flush(file)
    flush(destination)


def record_model(settings: Settings, model: Model, copy: Path) -> None:
    """Remember which model an index has, and what its copy's files are."""
    present = {name: _size_and_checksum(copy / name) for name in FILES}
    files = {name: found for name, found in present.items() if found is not None}
    values = {"model": model_digest(model), "model_files": files}
    dimensions = {"dimension": model.info.dimension, "search_dimension": model.search_dimension}
    for key, value in {**values, **dimensions}.items():
        settings.put_setting(key, value)


def read_model(settings: Settings, copy: Path) -> Model:
    """The model that an index carries.

    Raises:
        IndexFolderError: it is gone, or not as it was written.
    """
    broken = broken_files(settings, copy, _READ)
    if broken:
        raise damaged(copy / broken[0], "gone, or not as it was written", repairable=True)
    try:
        return load_model(copy)
    except ModelError as error:
        raise damaged(copy, f"the index's copy of its model is damaged ({error})") from error


def dimensions_differ(settings: Settings, copy: Path) -> bool:
    """Whether a whole copy of the model has other dimensions than the catalogue says."""
    if broken_files(settings, copy, _READ):
        return False
    model = load_model(copy)
    recorded = settings.setting("dimension"), settings.setting("search_dimension")
    return recorded != (model.info.dimension, model.search_dimension)


def broken_files(settings: Settings, copy: Path, names: tuple[str, ...] = FILES) -> list[str]:
    """The files of the copy that are gone, not as they were written, or not known of."""
    known = settings.setting("model_files")
    recorded = known if isinstance(known, dict) else {}
    present = {name: _size_and_checksum(copy / name) for name in names}
    return [name for name in names if present[name] != recorded.get(name)]


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folders, and keeps their order itself
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def link(source: Path, name: Path) -> None:
    """Give a file another name, or where the disk has no links, copy it."""
    name.unlink(missing_ok=True)
    try:
        os.link(source, name)
    except OSError:
        shutil.copyfile(source, name)
        flush(name)


def _size_and_checksum(file: Path) -> list[int] | None:
    """None where there is no such file: not asked for first, as a writer may remove it in between."""
    checksum = 0
    with contextlib.suppress(FileNotFoundError, IsADirectoryError), file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            checksum = zlib.crc32(block, checksum)
        return [stream.tell(), checksum]
    return None
