"""The public face of an index folder."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import IndexFolderError, ModelError, printable
from imgsearch.index.catalogue import Catalogue, open_catalogue
from imgsearch.index.create import MODEL, create_folder, located
from imgsearch.index.database import damaged
from imgsearch.index.discover import CATALOGUE, find_index
from imgsearch.index.finder import Finders
from imgsearch.index.paths import absolute_path, stored_path
from imgsearch.index.planner import Plan
from imgsearch.index.record import Record
from imgsearch.index.search import Match, Request, answer
from imgsearch.index.vectors import checked_rows
from imgsearch.index.writer import Writer
from imgsearch.model import Model, load_model


class Index:
    """Pictures that can be searched: `Index.open()`, or `Index.create(folder, model)` and then `with index.writer()`.

    Every call sees the last committed state. Searching writes nothing, but for the graph where "ann" had to build it.
    """

    def __init__(self, folder: Path) -> None:
        """Use `open` or `create`."""
        self.folder = located(folder)
        """The index folder, absolute; links above it are resolved."""
        self.root = self.folder.parent
        """What stored paths are relative to."""
        self.last_plan: Plan | None = None
        """How the last search ran, and why."""

    @classmethod
    def create(cls, folder: Path, model: Model) -> Index:
        """Make an empty index that carries a copy of `model`; one that was left half-made is completed.

        Raises:
            IndexFolderError: there is an index already, something else is in the folder, or it cannot be written.
        """
        create_folder(located(folder), model)
        return cls.open(folder)

    @classmethod
    def open(cls, folder: str | Path | None = None) -> Index:
        """The index of that folder (or of the one that holds its `.imgsearch`), or the one that `find_index` finds.

        Raises:
            IndexFolderError: none there, unfinished, damaged, without its model, or made by a newer version.
        """
        index = cls(find_index(None if folder is None else Path(folder), Path.cwd()))
        if not (index.folder / CATALOGUE).exists():
            unfinished = "holds no finished index; run `imgsearch index FOLDER` again to complete it"
            raise IndexFolderError(f"{printable(index.folder)}: {unfinished}")
        with open_catalogue(index.folder / CATALOGUE, "ro"):
            pass
        if not (index.folder / MODEL / "model.json").exists():
            raise damaged(index.folder / MODEL, "the index's copy of its model is gone")
        return index

    @cached_property
    def model(self) -> Model:
        """The index's own copy of its model, read on first use; embed queries with this one."""
        try:
            return load_model(self.folder / MODEL)
        except ModelError as error:
            raise damaged(self.folder / MODEL, f"the index's copy of its model is damaged ({error})") from error

    @property
    def model_digest(self) -> str:
        """`imgsearch.model.model_digest` of the model it was made with."""
        with self._reading() as catalogue:
            return str(catalogue.setting("model"))

    def __len__(self) -> int:
        """How many pictures are searchable."""
        with self._reading() as catalogue:
            return catalogue.state().living

    def records(self) -> dict[str, Record]:
        """Stored path → record, of every picture, skipped ones too."""
        with self._reading() as catalogue:
            return catalogue.records()

    def sources(self) -> list[str]:
        """Stored paths of the folders and files that were asked to be indexed."""
        with self._reading() as catalogue:
            return catalogue.sources()

    def stored(self, path: Path) -> str:
        """The name of a picture in this index."""
        return stored_path(path, self.root)

    def absolute(self, stored: str) -> Path:
        """Where the picture of that stored path lies."""
        return absolute_path(stored, self.root)

    def writer(self) -> Writer:
        """To change the index, in a with block; `IndexFolderError` while another process does."""
        return Writer(self.folder, self.model)

    def plan(self, queries: int, method: str = "auto") -> Plan:
        """How a search for that many queries would run, and why; method is "auto", "exact" or "ann"."""
        with self._reading() as catalogue:
            return self._finders.plan(catalogue.state(), queries, method)

    def build_graph(self) -> None:
        """Build the graph now, unless it is up to date and undamaged, so that later searches find it ready."""
        with self._reading() as catalogue:
            self._finders.build(catalogue.state())

    def search(
        self,
        vectors: NDArray[Any],
        k: int = 10,
        *,
        threshold: float | None = None,
        method: str = "auto",
        exclude: Sequence[Path | None] | None = None,
    ) -> list[list[Match]]:
        """The `k` most similar pictures of each query, best first, ties in the order of indexing.

        Args:
            vectors: the queries (q, search_dimension), unit rows as `Encoder.embed` returns them.
            k: how many; fewer come back where there are fewer.
            threshold: leave out matches less similar than this cosine.
            method: "auto" chooses the faster, "exact" compares all, "ann" takes the graph and builds it if need be.
            exclude: for each query its own file or None; that file, by its resolved path, is no match for it.

        Raises:
            IndexFolderError: the index is damaged.
            ValueError: `vectors`, `k`, `method` or `exclude` are of the wrong kind or shape.
        """
        queries = checked_rows(vectors, self.model.search_dimension)
        themselves = [None] * len(queries) if exclude is None else exclude
        if k < 1 or len(themselves) != len(queries):
            raise ValueError(f"k = {k}, {len(queries)} queries, {len(themselves)} files to exclude")
        request = Request(queries, k, -np.inf if threshold is None else threshold, themselves)
        with self._reading() as catalogue:
            state = catalogue.state()
            while True:
                finder, self.last_plan = self._finders.finder(state, len(queries), method)
                answers = answer(request, finder, catalogue, self.root)
                if answers is not None:
                    return answers
                before, state = state, catalogue.state()
                if before.version == state.version:
                    raise damaged(self.folder / CATALOGUE, "a vector belongs to no picture")

    @cached_property
    def _finders(self) -> Finders:
        return Finders(self.folder, self.model)

    def _reading(self) -> contextlib.AbstractContextManager[Catalogue]:
        return open_catalogue(self.folder / CATALOGUE, "ro")
