"""Changing an index: one writer at a time, each change whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from numpy.typing import NDArray

from imgsearch.index.catalogue import Catalogue, State, open_catalogue
from imgsearch.index.discover import CATALOGUE
from imgsearch.index.graph import Graph
from imgsearch.index.graph_file import GRAPH, save_graph
from imgsearch.index.lock import writer_lock
from imgsearch.index.record import Record
from imgsearch.index.vector_files import append_embeddings, prepare_to_append
from imgsearch.model import Model


class Writer:
    """Holds the index's lock from entering to leaving; every call is committed when it returns, or in `together`.

    Paths are stored paths, see `imgsearch.index.paths`. All methods raise `IndexFolderError` where the disk says no;
    then nothing of that call has happened.
    """

    def __init__(self, folder: Path, model: Model) -> None:
        self.folder = folder
        self.model = model
        self._held = contextlib.ExitStack()
        self._open: Catalogue | None = None

    def __enter__(self) -> Writer:
        with contextlib.ExitStack() as stack:
            stack.enter_context(writer_lock(self.folder))
            self._open = stack.enter_context(open_catalogue(self.folder / CATALOGUE, "rw"))
            prepare_to_append(self.folder, self.model, self._open.count("slots"))
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
            append_embeddings(self.folder, self.model, first, embeddings)
            for slot, record in enumerate(records, first):
                self._catalogue.put(replace(record, slot=slot, reason=None))
            self._catalogue.put_setting("slots", first + len(records))

    def skip(self, records: Sequence[Record]) -> None:
        """Remember pictures that cannot be read, each with its reason, so that they are not tried again unchanged."""
        if any(record.reason is None for record in records):
            raise ValueError("a skipped picture needs a reason")
        with self.together():
            for record in records:
                self._catalogue.put(replace(record, slot=None))

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

    def keep_graph(self, graph: Graph, state: State) -> bool:
        """Save a graph that was built for `state`; False where the index has moved on since."""
        with self.together():
            if self._catalogue.state().version != state.version:
                return False
            self._catalogue.put_setting("graph", save_graph(graph, self.folder / GRAPH, state))
        return True

    @property
    def _catalogue(self) -> Catalogue:
        if self._open is None:
            raise RuntimeError("use the writer in a with block")
        return self._open
