"""Embedding many picture files: decoding in threads beside the encoder, broken pictures reported and left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgsearch.encoder import Embeddings, Encoder
from imgsearch.errors import PictureError, UserError
from imgsearch.images.open import decode_picture
from imgsearch.images.pipeline import cores, ordered_map
from imgsearch.images.preprocess import Pixels
from imgsearch.images.read import content_hash, reading
from imgsearch.model import Model
from imgsearch.progress import progress

Read = tuple[Pixels, bytes]


@dataclass(frozen=True)
class Embedded:
    """The readable ones among some picture files, and the errors of the others."""

    rows: tuple[int, ...]
    """Which of the files: indices into the paths given."""
    embeddings: Embeddings
    """(len(rows), dimension), the encoder's own, before any linear metric."""
    hashes: tuple[bytes, ...]
    skipped: tuple[PictureError, ...]


def embed_files(model: Model, paths: Sequence[Path]) -> Embedded:
    """Embed picture files.

    Raises:
        UserError: not one of the files can be read.
    """
    encoder = Encoder(model, len(paths))
    view = encoder.preprocessing

    def read(path: Path) -> Read | PictureError:
        try:
            with reading(path) as file:
                image = decode_picture(file.content, path, side=view.least)
                return view.pixels(image), content_hash(file.content)
        except PictureError as error:
            return error.with_traceback(None)  # which would keep the file's bytes

    def pixels_of(item: tuple[int, Read | PictureError]) -> Pixels | None:
        return None if isinstance(item[1], PictureError) else item[1][0]

    rows: list[int] = []
    embeddings: list[Embeddings] = []
    hashes: list[bytes] = []
    skipped: list[PictureError] = []
    results = progress(ordered_map(read, paths, threads=cores()), total=len(paths), description="embedding")
    for (row, result), embedding in encoder.encoded(enumerate(results), pixels_of):
        if isinstance(result, PictureError):
            skipped.append(result)
        elif embedding is not None:
            rows.append(row)
            embeddings.append(embedding)
            hashes.append(result[1])
    if not rows:
        raise UserError(f"none of the {len(paths)} pictures can be read; the first: {skipped[0]}")
    return Embedded(tuple(rows), np.stack(embeddings), tuple(hashes), tuple(skipped))
