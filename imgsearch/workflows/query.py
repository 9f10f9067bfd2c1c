"""`query`: the pictures of indexes that are most like some others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from imgsearch.encoder import Encoder
from imgsearch.errors import PictureError, UserError
from imgsearch.images.pipeline import batched, cores, ordered_map
from imgsearch.images.preprocess import Pixels, to_square
from imgsearch.images.source import Source
from imgsearch.index import ModelChangedError
from imgsearch.workflows.indexes import Indexes
from imgsearch.workflows.nearest import nearest_matches
from imgsearch.workflows.question import Answer, Question, Search

TOGETHER = 256
"""Questions that are answered in one go, which bounds the memory."""
DEFAULT = Search()

Row = NDArray[np.float32]


def ask(indexes: Indexes, questions: Sequence[Question], search: Search = DEFAULT) -> Iterator[Answer | PictureError]:
    """The answers in the order of the questions, and, before each, an error for each of its pictures that is no good.

    A question goes on without its bad pictures, and is not answered if it has no other. Where an index is given another
    model meanwhile, what is not answered yet is asked again through that one.

    Raises:
        UserError: one of `search.others` cannot be read, or the indexes were given different models.
    """
    answered = 0
    while answered < len(questions):
        try:
            for number, results in _batches(indexes, questions[answered:], search):
                answered += number
                yield from results
        except ModelChangedError:
            indexes.refresh()


def _batches(
    indexes: Indexes, questions: Sequence[Question], search: Search
) -> Iterator[tuple[int, list[Answer | PictureError]]]:
    """How many questions each batch had, with what there is to say to them."""
    sources = [source for question in questions for source in question.sources]
    encoder = indexes.encoder(len(sources) + len(search.others))
    others, weights = _others(encoder, search)
    embedded = embed_sources(encoder, sources)
    for batch in batched(questions, TOGETHER):
        said: list[Question | PictureError] = []
        queries: list[Row] = []
        for question in batch:
            parts = [next(embedded) for _ in question.pictures]
            said += [part for part in parts if isinstance(part, PictureError)]
            if readable := [part for part in parts if not isinstance(part, PictureError)]:
                try:
                    queries.append(_fused(readable, others, weights))
                    said.append(question)
                except ValueError:
                    reason = "nothing is left of it, as what is added and taken away cancels out"
                    said.append(PictureError(question.name, reason, "give other pictures or weights"))
        asked = [question for question in said if isinstance(question, Question)]
        found = iter(
            nearest_matches(indexes, np.array(queries).reshape(len(queries), encoder.dimension), asked, search)
        )
        yield len(batch), [one if isinstance(one, PictureError) else Answer(one, next(found)) for one in said]


def _fused(asked: Sequence[Row], others: Row, weights: NDArray[np.float64]) -> Row:
    """See `imgsearch.retrieval.fusion.fused`, which is not loaded for the one picture that most ask for."""
    if len(asked) == 1 and len(others) == 0:
        return asked[0]
    from imgsearch.retrieval.fusion import fused

    return fused(np.stack(asked), others, weights)


def _others(encoder: Encoder, search: Search) -> tuple[Row, NDArray[np.float64]]:
    """The embeddings (m, dimension) and weights (m,) of what is added and taken away."""
    rows: list[Row] = []
    for row in embed_sources(encoder, [Source(picture) for picture, _ in search.others]):
        if isinstance(row, PictureError):
            raise UserError(f"{row}; {row.remedy} for --plus and --minus")
        rows.append(row)
    weights = np.array([weight for _, weight in search.others], dtype=np.float64)
    return np.array(rows, dtype=np.float32).reshape(len(rows), encoder.dimension), weights


def embed_sources(encoder: Encoder, sources: Sequence[Source]) -> Iterator[Row | PictureError]:
    """The embedding (dimension,) of each picture, or why there is none."""

    def read(source: Source) -> Pixels | PictureError:
        try:
            return to_square(source.open(encoder.input_size), encoder.input_size)
        except PictureError as error:
            return error.with_traceback(None)  # which would keep the file's bytes

    decoded = ordered_map(read, sources, threads=cores())
    for result, row in encoder.encoded(decoded, lambda item: None if isinstance(item, PictureError) else item):
        if isinstance(result, PictureError):
            yield result
        elif row is not None:
            yield encoder.model.project(row[None])[0]
