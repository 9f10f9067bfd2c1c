"""`models`: which models there are, what they take, and how quick and how good they are."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgsearch.errors import UserError
from imgsearch.images.preprocess import Pixels
from imgsearch.model import FILES, Model
from imgsearch.workflows.model_cache import TORCHVISION, cached_models, find_model

MEASURES = ("recall_at_1", "map_at_r")
_SECONDS = 1.0


@dataclass(frozen=True)
class Listed:
    """One model, or the reason why there is none."""

    name: str
    """As `--model` takes it."""
    model: Model | None
    error: UserError | None = None

    @property
    def bytes_on_disk(self) -> int:
        """Of all its files."""
        assert self.model is not None
        if self.model.is_file:
            return self.model.folder.stat().st_size
        files = (self.model.folder / name for name in FILES)
        return sum(file.stat().st_size for file in files if file.is_file())

    @property
    def quality(self) -> dict[str, dict[str, float]]:
        """What its model.json says was measured: by the name of the pictures, those of `MEASURES` that are there."""
        assert self.model is not None
        found: dict[str, dict[str, float]] = {}
        for name, values in self.model.info.quality.items():
            if isinstance(values, dict):
                measured = {key: values[key] for key in MEASURES if _is_number(values.get(key))}
                found |= {name: measured} if measured else {}
        return found


def list_models(names: Sequence[str] = (), say: Callable[[str], None] = lambda _: None) -> Iterator[Listed]:
    """The models of these names, or in such folders; without names the embedded one, the cache's, and those here.

    `say` is told what takes time.
    """
    for name in names:
        for found in ([] if name == "base" else _models_in(Path(name))) or [name]:
            yield _listed(found, say)
    if names:
        return
    yield _listed("base", say)
    for folder in cached_models():
        listed = _listed(str(folder), say)
        yield listed if listed.model is None else Listed(f"{TORCHVISION}{folder.name}", listed.model)
    for found in _models_in(Path()):
        yield _listed(found, say)


def pictures_a_second(model: Model) -> float:
    """How many preprocessed pictures it encodes in a second, on all cores, measured for a second or so."""
    from imgsearch.encoder import BATCH_SIZE, Encoder

    encoder = Encoder(model, 100 * BATCH_SIZE)
    side = encoder.input_size
    pictures = np.random.default_rng(0).integers(0, 256, (BATCH_SIZE, side, side, 3), dtype=np.uint8)

    def endless() -> Iterator[Pixels]:
        while True:
            yield from pictures

    encoded = encoder.encoded(endless(), lambda picture: picture)
    for _ in range(BATCH_SIZE):  # the first ones take longer
        next(encoded)
    began, count = time.perf_counter(), 0
    while (took := time.perf_counter() - began) < _SECONDS or count < BATCH_SIZE:
        next(encoded)
        count += 1
    return count / took


def _models_in(folder: Path) -> list[str]:
    """What `--model` takes of a folder: itself, the .onnx files of others in it, or the same of its sub-folders."""
    if here := _models_at(folder):
        return here
    inside = sorted(entry for entry in folder.iterdir() if entry.is_dir()) if folder.is_dir() else []
    return [model for entry in inside for model in _models_at(entry)]


def _models_at(folder: Path) -> list[str]:
    description = folder / "model.json"
    if not description.is_file():
        return []
    graphs = sorted(folder.glob("*.onnx"))
    with suppress(OSError, ValueError, RecursionError):
        values = json.loads(description.read_bytes())
        if graphs and isinstance(values, dict) and "format_version" not in values:
            return [str(graph) for graph in graphs]
    return [str(folder)]


def _listed(name: str, say: Callable[[str], None]) -> Listed:
    try:
        return Listed(name, find_model(name, say))
    except UserError as error:
        return Listed(name, None, error)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
