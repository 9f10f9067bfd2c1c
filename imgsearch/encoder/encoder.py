"""From pictures to embeddings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from imgsearch.encoder.session import CUDA, Device, Embeddings, providers, run, session
from imgsearch.errors import ModelError, UserError, printable
from imgsearch.images.open import open_picture
from imgsearch.images.pipeline import batched, cores, ordered_map
from imgsearch.images.preprocess import Pixels, Preprocessing
from imgsearch.model import Model

TOGETHER = 4
"""Pictures that a thread encodes at a time: more take no less time each, and threads then wait longer for another."""

BATCH_SIZE = 4 * TOGETHER * max(2, cores())
"""Pictures that are encoded and not committed yet, at most, by default: half of them are committed while the others,
twice what keeps all threads busy, are encoded."""

FEW = 8
"""Pictures up to which the threads share each of them and do not spin, as what follows needs the cores; of more, each
thread has its own."""

Item = TypeVar("Item")


class Encoder:
    """A model that is ready to embed pictures.

    Args:
        model: "base" (the embedded model), a model folder, an .onnx file (see `imgsearch.encoder.onnx_file`), or a
            `Model`.
        pictures: how many are to be embedded, if that is known: of many, each thread has its own, which is quicker than
            sharing each. Their embeddings are the same to the last bit either way.
        threads: for many pictures; by default one a core.
        device: see `Device`.

    Raises:
        ModelError: the model is missing or damaged.
        UserError: there is no such device.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | Model = "base",
        pictures: int | None = None,
        *,
        threads: int | None = None,
        device: Device = "cpu",
    ) -> None:
        self.model = model if isinstance(model, Model) else _opened(model)
        info = self.model.info
        self.input_size = info.input_size
        self.preprocessing = Preprocessing(info.input_size, info.resize, info.interpolation)
        few, many = (False, False) if pictures is None else (pictures <= FEW, pictures > FEW)
        self._file = self.model.encoder_file
        self._session = session(self._file, providers(device), few=few, alone=many)
        on_card = self._session.get_providers()[0] == CUDA
        if device == "cuda" and not on_card:
            raise UserError("--device cuda: ONNX Runtime cannot start CUDA; check its driver, CUDA and cuDNN")
        self._threads = (threads or cores()) if many and not on_card else 1
        together = TOGETHER if info.feed is None else info.feed.batch or TOGETHER
        self._together = together if many and not on_card else None

    @property
    def dimension(self) -> int:
        """Length of the rows that `embed` returns."""
        return self.model.search_dimension

    def embed(self, paths: Sequence[str | os.PathLike[str]]) -> Embeddings:
        """Embeddings (n, dimension) of picture files: unit rows in the order of the paths, cosine is their similarity.

        Raises:
            PictureError: one of them cannot be read.
        """
        return self.embed_pixels(ordered_map(self.preprocess, paths, threads=cores()))

    def embed_pixels(self, pictures: Iterable[Pixels]) -> Embeddings:
        """Embeddings (n, dimension) of preprocessed pictures, through the linear metric where the model has one."""
        rows = [row for _, row in self.encoded(pictures, lambda pixels: pixels) if row is not None]
        return self.model.project(np.stack(rows)) if rows else np.empty((0, self.dimension), dtype=np.float32)

    def preprocess(self, path: str | os.PathLike[str]) -> Pixels:
        """One picture file as the encoder takes it, (input_size, input_size, 3) uint8."""
        return self.preprocessing.pixels(open_picture(path, side=self.preprocessing.least))

    def encoded(
        self, items: Iterable[Item], pixels_of: Callable[[Item], Pixels | None], *, ahead: int = BATCH_SIZE // 2
    ) -> Iterator[tuple[Item, Embeddings | None]]:
        """Each item with its picture's own embedding (model.info.dimension,), or None where it has no picture.

        In the order of the items. Threads encode up to `ahead` of them while the caller does other things.
        """
        size = min(self._together or ahead, ahead)
        for part in self._parts(items, pixels_of, size, ahead // size):
            yield from part

    def batches(
        self, items: Iterable[Item], pixels_of: Callable[[Item], Pixels | None], *, batch_size: int = BATCH_SIZE
    ) -> Iterator[list[tuple[Item, Embeddings | None]]]:
        """The same in lists of half a batch, to be committed one by one: the other half is encoded meanwhile.

        So, for a caller who commits each list before asking for the next, never more than `batch_size` pictures are
        encoded and not committed.
        """
        half = max(1, batch_size // 2)
        size = min(self._together or half, half)
        parts = half // size
        source = self._parts(items, pixels_of, size, batch_size // size - parts)
        for several in batched(source, parts):
            yield [pair for part in several for pair in part]

    def _parts(
        self, items: Iterable[Item], pixels_of: Callable[[Item], Pixels | None], size: int, ahead: int
    ) -> Iterator[list[tuple[Item, Embeddings | None]]]:
        """Lists of `size` items that a thread encodes at a time, up to `ahead` of them while the caller is busy."""

        def encode(part: list[Item]) -> list[tuple[Item, Embeddings | None]]:
            pictures = [pixels for item in part if (pixels := pixels_of(item)) is not None]
            rows = iter(self.encode(pictures) if pictures else ())
            return [(item, None if pixels_of(item) is None else next(rows)) for item in part]

        return ordered_map(encode, batched(items, size), threads=self._threads, ahead=ahead)

    def encode(self, pictures: Sequence[Pixels]) -> Embeddings:
        """Preprocessed pictures → the encoder's own embeddings (n, model.info.dimension), before any linear metric."""
        info = self.model.info
        rows = run(self._session, np.stack(pictures), self._file, info.feed)
        if rows.shape[1:] != (info.dimension,) or not np.isfinite(rows).all():
            raise ModelError(
                f"{printable(self._file)}: gave {rows.shape[1:]} or non-finite numbers instead of "
                f"{info.dimension} a picture; copy the model folder again"
            )
        return rows


def _opened(name: str | os.PathLike[str]) -> Model:
    from imgsearch.encoder.onnx_file import open_model  # and what it needs, which a query does without

    return open_model(name)
