"""`query`: the pictures of an index that are most like some others."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imgsearch.encoder import Encoder
from imgsearch.errors import ModelError, PictureError
from imgsearch.images.pipeline import batched, ordered_map
from imgsearch.images.preprocess import Pixels
from imgsearch.index import Index, Match, ModelChangedError

TOGETHER = 256
"""Queries that are answered in one go, which bounds the memory."""


@dataclass(frozen=True)
class Answer:
    """A queried picture and its matches, best first; or why it could not be asked."""

    query: Path
    matches: list[Match]
    error: PictureError | None = None


def query_index(
    index: Index, queries: Sequence[Path], *, k: int = 10, threshold: float | None = None, method: str = "auto"
) -> Iterator[Answer]:
    """Answers in the order of the queries; a queried file that is in the index itself is left out of its own answer.

    A picture that cannot be read gets an answer with its error, and the others are answered all the same. Where the
    index is given another model meanwhile, what is not answered yet is asked again through that one.
    """
    encoder = _encoder(index, len(queries))

    def read(path: Path) -> Pixels | PictureError:
        try:
            return encoder.preprocess(path)
        except PictureError as error:
            return error.with_traceback(None)  # which would keep the file's bytes

    decoded = ordered_map(read, queries, threads=os.cpu_count() or 1)
    answered = 0
    for batch in batched(zip(queries, decoded, strict=True), TOGETHER):
        readable = [(path, pixels) for path, pixels in batch if not isinstance(pixels, PictureError)]
        vectors = encoder.embed_pixels(pixels for _, pixels in readable)
        themselves = [path for path, _ in readable]
        try:
            found = iter(index.search(vectors, k, threshold=threshold, method=method, exclude=themselves))
        except ModelChangedError:
            index.refresh()
            yield from query_index(index, queries[answered:], k=k, threshold=threshold, method=method)
            return
        answered += len(batch)
        for path, result in batch:
            yield Answer(path, [], result) if isinstance(result, PictureError) else Answer(path, next(found))


def _encoder(index: Index, pictures: int) -> Encoder:
    try:
        return Encoder(index.model, pictures)
    except ModelError:  # the index may have another model by now, and the file of this one be gone
        index.refresh()
        return Encoder(index.model, pictures)
