"""Copies of queries among the classes that `--split` leaves out: a model that was trained on those has seen them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import PictureError
from imgsearch.images.pipeline import cores, ordered_map
from imgsearch.images.read import content_hash, reading
from imgsearch.progress import progress
from imgsearch.workflows.evaluation.baseline_store import BaselineStore
from imgsearch.workflows.evaluation.cache import Cache
from imgsearch.workflows.evaluation.near import near_duplicates
from imgsearch.workflows.evaluation.result import NearDuplicates, Pictures
from imgsearch.workflows.evaluation.task import Side

MOST = 10_000
"""Pictures that are opened for it; of more only those are read whose files have the size of a query's."""


def with_copies_left_out(
    found: NearDuplicates, left_out: Side | None, queries: Pictures, pixels: NDArray[np.float32], cache: Cache
) -> NearDuplicates:
    """What was found among the evaluated pictures, and how many queries have a copy among those left out.

    Takes of the queries also what the trivial baseline sees, (n, 768). Pictures left out that cannot be read are passed
    over: nothing is measured on them.
    """
    if left_out is None:
        return found
    paths = left_out.data.paths
    few = len(paths) <= MOST
    hashes = _contents(paths if few else _of_same_size(paths, queries.paths))
    seen = np.zeros((len(hashes), pixels.shape[1]), dtype=np.float32)
    if few:
        store = BaselineStore(cache.place(left_out.folder, "baselines"))
        features, refused = store.features(list(hashes), list(hashes.values()))
        hashes = {path: digest for number, (path, digest) in enumerate(hashes.items()) if number not in refused}
        seen = features["pixels"]
    classes = dict(zip(paths, left_out.data.classes, strict=True))
    others = Pictures(
        tuple(hashes),
        tuple(classes[path] for path in hashes),
        np.full(len(hashes), -1, dtype=np.int64),
        tuple(hashes.values()),
    )
    copies = near_duplicates(queries, others, pixels, seen)
    return replace(found, left_out=copies.pictures, left_out_exact_only=not few)


def _of_same_size(paths: Sequence[Path], queries: Sequence[Path]) -> list[Path]:
    sizes = {_size(path) for path in queries}
    return [path for path in paths if _size(path) in sizes]


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _contents(paths: Sequence[Path]) -> dict[Path, bytes]:
    """Content hashes of the files that can be read."""

    def digest(path: Path) -> bytes | None:
        try:
            with reading(path) as file:
                return content_hash(file.content)
        except PictureError:
            return None

    read = progress(ordered_map(digest, paths, threads=cores()), total=len(paths), description="reading")
    return {path: found for path, found in zip(paths, read, strict=True) if found is not None}
