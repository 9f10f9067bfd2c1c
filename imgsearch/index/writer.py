"""Changing an index: one writer at a time, each change whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgsearch.index.catalogue import Catalogue, open_catalogue
from imgsearch.index.describe import describe
from imgsearch.index.discover import CATALOGUE
from imgsearch.index.files import Files, ModelChangedError
from imgsearch.index.graph import Graph
from imgsearch.index.graph_file import GRAPH, save_graph
from imgsearch.index.lock import writer_lock
from imgsearch.index.model_copy import read_model
from imgsearch.index.record import Record
from imgsearch.index.remodel import adopt, compact, reproject, tidy
from imgsearch.index.state import State
from imgsearch.index.vector_files import append_embeddings, prepare_to_append
from imgsearch.index.vectors import map_rows
from imgsearch.model import Model, ModelInfo


class Writer:
    """Holds the index's lock from entering to leaving; every call is committed when it returns, or in `together`.

    Paths are stored paths, see `imgsearch.index.paths`. All methods raise `IndexFolderError` where the disk says no;
    then nothing of that call has happened.
    """

    def __init__(self, files: Files, model: Model) -> None:
        self.files = files
        self.model = model
        self._held = contextlib.ExitStack()
        self._open: Catalogue | None = None

    def __enter__(self) -> Writer:
        with contextlib.ExitStack() as stack:
            stack.enter_context(writer_lock(self.files.folder))
            self._open = stack.enter_context(open_catalogue(self.files.folder / CATALOGUE, "rw"))
            if self._open.files() != self.files:
                raise ModelChangedError(self.files.folder)
            tidy(self._open)
            prepare_to_append(self.files, self.model, self._open.count("slots"))
            self._held = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = None
        self._held.__exit__(kind, error, trace)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """One commit for all calls in the block, or none of them where it raises: many small changes at once."""
        with self._catalogue.transaction():
            yield

    def add(self, records: Sequence[Record], embeddings: NDArray[Any]) -> None:
        """Add pictures with their embeddings (n, dimension), or replace those of the same paths.

        The rows are on the disk before the catalogue speaks of them. Slots and reasons in `records` are ignored.

        Raises:
            ValueError: not one embedding of the right dimension for each record.
            ModelError: an embedding holds NaN or infinity.
        """
        if len(records) != len(embeddings):
            raise ValueError(f"{len(records)} records and {len(embeddings)} embeddings")
        with self.together():
            first = self._catalogue.count("slots")
            append_embeddings(self.files, self.model, first, embeddings)
            for slot, record in enumerate(records, first):
                self._catalogue.put(record._replace(slot=slot, reason=None))
            self._catalogue.put_setting("slots", first + len(records))

    def skip(self, records: Sequence[Record]) -> None:
        """Remember pictures that cannot be read, each with its reason, so that they are not tried again unchanged."""
        if any(record.reason is None for record in records):
            raise ValueError("a skipped picture needs a reason")
        with self.together():
            for record in records:
                self._catalogue.put(record._replace(slot=None))

    def stored(self, slots: Sequence[int]) -> NDArray[np.float32]:
        """The encoder's embeddings (n, dimension) in those slots, to `add` them for copies of the same pictures."""
        rows = map_rows(self.files.vectors, self._catalogue.count("slots"), self.model.info.dimension)
        rows.require_intact(slots)
        return rows.values[np.asarray(slots, dtype=np.int64)]

    def move(self, old: str, new: str, size: int, mtime_ns: int) -> None:
        """A picture lies elsewhere now, and keeps its slot; one that was there before is forgotten."""
        with self.together():
            self._catalogue.move(old, new)
            self._catalogue.touch(new, size, mtime_ns)

    def touch(self, path: str, size: int, mtime_ns: int) -> None:
        """Remember a new size and time of a picture whose content is the same."""
        with self.together():
            self._catalogue.touch(path, size, mtime_ns)

    def remove(self, paths: Iterable[str]) -> None:
        """Forget pictures; unknown ones are none."""
        with self.together():
            for path in paths:
                self._catalogue.remove(path)

    def add_source(self, path: str) -> None:
        """Remember a folder or file that was asked to be indexed; twice is once."""
        with self.together():
            self._catalogue.add_source(path)

    def remove_source(self, path: str) -> None:
        """Forget a source, but none of its pictures."""
        with self.together():
            self._catalogue.remove_source(path)

    def exclude(self, globs: Sequence[str]) -> None:
        """Remember these patterns of what is left out, and no others."""
        with self.together():
            self._catalogue.put_setting("exclude", list(globs))

    def compact(self, *, most_holes: float = 0.2) -> bool:
        """Write vector files without the slots that have no picture where these are more than a share of all; whether.

        Whoever searches meanwhile looks once more, in the new files.
        """
        state = self._catalogue.state()
        if len(state.holes) <= most_holes * state.slots:
            return False
        compact(self._catalogue, self.model)
        self._reread()
        return True

    def reproject(self, model: Model) -> None:
        """Compare all pictures through the linear metric of a model with the same encoder: none of them is opened.

        Raises:
            ValueError: `model` has another encoder.
            ModelError: it does not fit its encoder.
        """
        reproject(self._catalogue, self.model, model)
        self._reread()

    def describe(self, info: ModelInfo) -> None:
        """Let the copy of the model say this of itself, such as a calibrated threshold; nothing is computed anew.

        Raises:
            ValueError: it speaks of another input size or dimension.
        """
        describe(self._catalogue, self.model, info)
        self._reread()

    def adopt(self) -> None:
        """Take over all of the finished index in `next/`, see `imgsearch.index.beside`, whatever its model."""
        adopt(self._catalogue)
        self._reread()

    def keep_graph(self, graph: Graph, state: State) -> bool:
        """Save a graph that was built for `state`; False where the index has moved on since."""
        with self.together():
            if self._catalogue.state().version != state.version:
                return False
            self._catalogue.put_setting("graph", save_graph(graph, self.files.folder / GRAPH, state))
        return True

    def _reread(self) -> None:
        self.files = self._catalogue.files()
        self.model = read_model(self._catalogue, self.files.model)

    @property
    def _catalogue(self) -> Catalogue:
        if self._open is None:
            raise RuntimeError("use the writer in a with block")
        return self._open
