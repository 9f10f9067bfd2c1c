"""From picture files to what is measured: embeddings by every model and the features of the trivial baselines.

Pictures are embedded by bringing the index in the cache up to date, exactly as `imgsearch index` does it, so that only
what is new or has changed is encoded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import IndexFolderError, PictureError, UserError
from imgsearch.images.read import CHANGED
from imgsearch.index import Index
from imgsearch.index.embeddings import stored_embeddings
from imgsearch.index.files import remove
from imgsearch.index.lock import IndexBusyError
from imgsearch.model import Model, model_digest
from imgsearch.workflows.evaluation.baseline_store import BaselineStore
from imgsearch.workflows.evaluation.cache import Cache, encoder_digest
from imgsearch.workflows.indexing.names import StoredNames
from imgsearch.workflows.indexing.options import Options
from imgsearch.workflows.indexing.update import update_index

Rows = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Embedded:
    """The readable ones among some picture files."""

    rows: NDArray[np.intp]
    """(n,) which of the files."""
    hashes: tuple[bytes, ...]
    embeddings: tuple[Rows, ...]
    """(n, d) for each model, as they are compared."""
    features: dict[str, Rows]
    """(n, d) for each trivial baseline."""
    skipped: tuple[PictureError, ...]
    encoded: int
    """How many had to be encoded, counted for each encoder."""
    index: Index | None
    """That of the first model, whose graph may be asked."""


@dataclass(frozen=True, eq=False)
class _Encoded:
    """What one encoder made of the files, by their numbers."""

    hashes: dict[int, bytes]
    places: dict[int, int]
    embeddings: Rows
    reasons: dict[int, str]
    encoded: int
    index: Index


def embed(cache: Cache, folder: Path, paths: Sequence[Path], models: Sequence[Model], *, whole: bool) -> Embedded:
    """Embed files of a folder by several models; `whole`: they are all its pictures, so that others are forgotten.

    Raises:
        UserError: not one of the files can be read by all models.
    """
    by_encoder: dict[str, _Encoded] = {}
    for model in models:
        key = encoder_digest(model)
        if key not in by_encoder:
            encode = partial(_encode, folder=folder, paths=paths, model=model, whole=whole)
            by_encoder[key] = _kept(cache, folder, model, encode)
    encoded = list(by_encoder.values())
    reasons = {number: reason for one in reversed(encoded) for number, reason in one.reasons.items()}
    hashes = dict(encoded[0].hashes)
    for one in encoded[1:]:
        for number in hashes.keys() & one.hashes.keys():
            if hashes[number] != one.hashes[number]:
                reasons[number] = CHANGED
    store = BaselineStore(cache.place(folder, "baselines"))
    readable = [number for number in range(len(paths)) if number not in reasons]
    features, refused = store.features([paths[number] for number in readable], [hashes[number] for number in readable])
    reasons |= {readable[place]: reason for place, reason in refused.items()}
    rows = [number for number in readable if number not in reasons]
    skipped = tuple(PictureError(str(paths[number]), reasons[number]) for number in sorted(reasons))
    if not rows:
        raise UserError(f"none of the {len(paths)} pictures can be read; the first: {skipped[0]}")
    embeddings = []
    for model in models:
        one = by_encoder[encoder_digest(model)]
        embeddings.append(model.project(one.embeddings[[one.places[number] for number in rows]]))
    return Embedded(
        np.array(rows, dtype=np.intp),
        tuple(hashes[number] for number in rows),
        tuple(embeddings),
        features,
        skipped,
        sum(one.encoded for one in encoded),
        encoded[0].index,
    )


def _kept(cache: Cache, folder: Path, model: Model, encode: Callable[[Index], _Encoded]) -> _Encoded:
    """By the index in the cache; by one of this run's own while another process changes that."""
    index = cache.index(folder, model)
    try:
        return encode(index)
    except IndexBusyError:
        return encode(cache.index(folder, model, temporary=True))
    except IndexFolderError:  # damaged: it is made of nothing that could be lost
        remove(index.folder)
        return encode(cache.index(folder, model))


def _encode(index: Index, folder: Path, paths: Sequence[Path], model: Model, whole: bool) -> _Encoded:
    options = Options(files=None if whole else paths)
    other = None if index.model_digest == model_digest(model) else model
    report = update_index(index, [folder] if whole else [], options=options, model=other)
    if report.interrupted:
        raise KeyboardInterrupt
    names = StoredNames(index.root)

    def name(path: Path) -> str:
        return names.of(str(path.parent), path.name, is_link=path.is_symlink())

    refused = {name(Path(error.path)): error.reason for error in (*report.skipped, *report.unreadable, *report.missing)}
    named = [name(path) for path in paths]
    records, embeddings = stored_embeddings(index.folder, named)
    searchable = [path for path, record in records.items() if record.slot is not None]
    place = {path: number for number, path in enumerate(searchable) if path not in refused}
    return _Encoded(
        hashes={number: records[path].content_hash for number, path in enumerate(named) if path in place},
        places={number: place[path] for number, path in enumerate(named) if path in place},
        embeddings=embeddings,
        reasons={number: refused.get(path, "no such file") for number, path in enumerate(named) if path not in place},
        encoded=report.added + report.updated,
        index=index,
    )
