"""Embedding many picture files: decoding in threads beside the encoder, broken pictures reported and left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from imgsearch.encoder import Embeddings, Encoder
from imgsearch.errors import PictureError, UserError
from imgsearch.images.open import decode_picture
from imgsearch.images.pipeline import cores, ordered_map
from imgsearch.images.preprocess import Pixels
from imgsearch.images.read import content_hash, reading
from imgsearch.model import Model
from imgsearch.progress import progress

Feature = Callable[[Image.Image], npt.NDArray[np.float32]]
Read = tuple[Pixels, bytes, list[npt.NDArray[np.float32]]]


@dataclass(frozen=True)
class Embedded:
    """The readable ones among some picture files, and the errors of the others."""

    rows: tuple[int, ...]
    """Which of the files: indices into the paths given."""
    embeddings: Embeddings
    """(len(rows), dimension), the encoder's own, before any linear metric."""
    features: dict[str, npt.NDArray[np.float32]]
    """By name, (len(rows), …) what else was computed from each picture."""
    hashes: tuple[bytes, ...]
    skipped: tuple[PictureError, ...]


def embed_files(model: Model, paths: Sequence[Path], *, features: Mapping[str, Feature] | None = None) -> Embedded:
    """Embed picture files, and compute `features` of each decoded picture on the way.

    Raises:
        UserError: not one of the files can be read.
    """
    encoder, wanted = Encoder(model, len(paths)), dict(features or {})
    view = encoder.preprocessing
    reduced = None if wanted else view.least  # features are defined on the whole picture, not on a reduced decode

    def read(path: Path) -> Read | PictureError:
        try:
            with reading(path) as file:
                image = decode_picture(file.content, path, side=reduced)
                digest = content_hash(file.content)
            return view.pixels(image), digest, [compute(image) for compute in wanted.values()]
        except PictureError as error:
            return error.with_traceback(None)  # which would keep the file's bytes

    def pixels_of(item: tuple[int, Read | PictureError]) -> Pixels | None:
        return None if isinstance(item[1], PictureError) else item[1][0]

    rows: list[int] = []
    embeddings: list[Embeddings] = []
    described: list[list[npt.NDArray[np.float32]]] = []
    hashes: list[bytes] = []
    skipped: list[PictureError] = []
    results = progress(ordered_map(read, paths, threads=cores()), total=len(paths), description="embedding")
    for (row, result), embedding in encoder.encoded(enumerate(results), pixels_of):
        if isinstance(result, PictureError):
            skipped.append(result)
        elif embedding is not None:
            _, digest, values = result
            rows.append(row)
            embeddings.append(embedding)
            hashes.append(digest)
            described.append(values)
    if not rows:
        raise UserError(f"none of the {len(paths)} pictures can be read; the first: {skipped[0]}")
    columns = {name: np.stack([values[column] for values in described]) for column, name in enumerate(wanted)}
    return Embedded(tuple(rows), np.stack(embeddings), columns, tuple(hashes), tuple(skipped))
