"""The public face of an index folder."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import IndexFolderError, printable
from imgsearch.index.catalogue import Catalogue, open_catalogue
from imgsearch.index.create import create_folder, located
from imgsearch.index.database import damaged
from imgsearch.index.discover import CATALOGUE, find_index
from imgsearch.index.files import Files, ModelChangedError
from imgsearch.index.finder import Finders
from imgsearch.index.known import Known
from imgsearch.index.model_copy import read_model
from imgsearch.index.neighbours import near_pairs
from imgsearch.index.paths import absolute_path, stored_path
from imgsearch.index.planner import Plan
from imgsearch.index.record import Record
from imgsearch.index.search import Match, Request, answer
from imgsearch.index.state import State
from imgsearch.index.vectors import checked_rows
from imgsearch.model import Model

if TYPE_CHECKING:
    from imgsearch.index.writer import Writer

_Index = TypeVar("_Index", bound="Index")


class Index:
    """Pictures that can be searched: `Index.open()`, or `Index.create(folder, model)` and then `with index.writer()`.

    Every call sees the last committed state; where that has another model than was read, there is `ModelChangedError`.
    Searching writes nothing, but for the graph where "ann" had to build it.
    """

    def __init__(self, folder: Path, root: Path | None = None) -> None:
        """Use `open` or `create`."""
        self.folder = located(folder)
        """The index folder, absolute; links above it are resolved."""
        self.root = root or self.folder.parent
        """What stored paths are relative to."""
        self.last_plan: Plan | None = None
        """How the last search ran, and why."""
        self._finders: Finders | None = None

    @classmethod
    def create(cls: type[_Index], folder: Path, model: Model, *, root: Path | None = None) -> _Index:
        """Make an empty index that carries a copy of `model`; one that was left half-made is completed.

        Raises:
            IndexFolderError: there is an index already, something else is in the folder, or it cannot be written.
        """
        create_folder(located(folder), model)
        return cls.open(folder, root=root)

    @classmethod
    def open(cls: type[_Index], folder: str | Path | None = None, *, root: Path | None = None) -> _Index:
        """The index of that folder (or of the one that holds its `.imgsearch`), or the one that `find_index` finds.

        `root`, by default the folder that holds it, is what its stored paths are relative to.

        Raises:
            IndexFolderError: none there, unfinished, damaged, without its model, or made by a newer version.
        """
        index = cls(find_index(None if folder is None else Path(folder), Path.cwd()), root)
        if not (index.folder / CATALOGUE).exists():
            unfinished = "holds no finished index; run `imgsearch index FOLDER` again to complete it"
            raise IndexFolderError(f"{printable(index.folder)}: {unfinished}")
        index._files()  # its version, and whether it can be read
        return index

    @property
    def model(self) -> Model:
        """The index's own copy of its model, read on first use; embed queries with this one."""
        return self._opened().model

    def refresh(self) -> None:
        """Read the model again on its next use: the index may have another one by then."""
        self._finders = None

    @property
    def model_digest(self) -> str:
        """`imgsearch.model.model_digest` of the model it was made with."""
        with self._reading() as catalogue:
            return str(catalogue.setting("model"))

    def __len__(self) -> int:
        """How many pictures are searchable."""
        return self.state().living

    def known(self) -> Known:
        """What tells of every picture whether its file has changed."""
        with self._reading() as catalogue:
            return catalogue.known()

    def records(self, paths: Iterable[str] | None = None) -> dict[str, Record]:
        """Stored path → record, of these pictures or of every one, skipped ones too."""
        with self._reading() as catalogue:
            return catalogue.records(paths)

    def sources(self) -> list[str]:
        """Stored paths of the folders and files that were asked to be indexed."""
        with self._reading() as catalogue:
            return catalogue.sources()

    def excluded(self) -> list[str]:
        """The patterns of what is left out."""
        with self._reading() as catalogue:
            globs = catalogue.setting("exclude")
        return [str(glob) for glob in globs] if isinstance(globs, list) else []

    def state(self) -> State:
        """The last committed state of the vectors."""
        with self._reading() as catalogue:
            return catalogue.state()

    def stored(self, path: Path) -> str:
        """The name of a picture in this index."""
        return stored_path(path, self.root)

    def absolute(self, stored: str) -> Path:
        """Where the picture of that stored path lies."""
        return absolute_path(stored, self.root)

    def writer(self) -> Writer:
        """To change the index, in a with block; `IndexFolderError` while another process does."""
        from imgsearch.index.writer import Writer  # which a query does not need

        return Writer(self._opened().files, self.model)

    def plan(self, queries: int, method: str = "auto") -> Plan:
        """How a search for that many queries would run, and why; method is "auto", "exact" or "ann"."""
        with self._searching() as (catalogue, finders):
            return finders.plan(catalogue.state(), queries, method)

    def build_graph(self) -> None:
        """Build the graph now, or bring it up to date, so that later searches find it ready."""
        with self._searching() as (catalogue, finders):
            finders.build(catalogue.state())

    def graph_lags(self) -> bool:
        """Whether there is a graph, but so many pictures came or went since that it should be brought up to date."""
        with self._searching() as (catalogue, finders):
            return finders.graphs.lags(catalogue.state())

    def near_pairs(
        self, slots: Sequence[int], k: int, *, floor: float = -1.0, method: str = "auto"
    ) -> NDArray[np.int64]:
        """Pairs of slots, (m, 2), each once: one is among the `k` nearest of the other, and at least `floor` similar.

        Read `model` before the slots are taken from `records()`: where they are given out anew in between, as when the
        index is compacted, there is `ModelChangedError`.
        """
        with self._searching() as (catalogue, finders):
            finder, self.last_plan = finders.finder(catalogue.state(), len(slots), method)
            return near_pairs(finder, np.array(slots, dtype=np.int64), k, floor)

    def search(
        self,
        vectors: NDArray[Any],
        k: int = 10,
        *,
        threshold: float | None = None,
        method: str = "auto",
        exclude: Sequence[Path | Collection[Path] | None] | None = None,
        only: Callable[[str], bool] | None = None,
        expected: int = 0,
        with_vectors: bool = False,
    ) -> list[list[Match]]:
        """The `k` most similar pictures of each query, best first, ties in the order of indexing.

        Args:
            vectors: the queries (q, search_dimension), unit rows as `Encoder.embed` returns them.
            k: how many; fewer come back where there are fewer.
            threshold: leave out matches less similar than this cosine.
            method: "auto" chooses the faster, "exact" compares all, "ann" takes the graph and builds it if need be.
            exclude: for each query its own file or files, or None; these, by their resolved paths, are no match for it.
            only: search the pictures whose stored paths it says yes to, by a scan; ask again with the same object.
            expected: how many queries are asked in all, this call's included; "auto" chooses for so many.
            with_vectors: let each match carry the vector that was compared.

        Raises:
            IndexFolderError: the index is damaged.
            ModelChangedError: it has another model than `self.model`, which the queries were embedded with.
            ValueError: `vectors`, `k`, `method` or `exclude` are of the wrong kind or shape, or do not fit `only`.
        """
        queries = checked_rows(vectors, self.model.search_dimension)
        themselves = [None] * len(queries) if exclude is None else exclude
        if k < 1 or len(themselves) != len(queries):
            raise ValueError(f"k = {k}, {len(queries)} queries, {len(themselves)} files to exclude")
        if only is not None and method == "ann":
            raise ValueError("method 'ann' cannot be narrowed by `only`")
        files = [[paths] if isinstance(paths, Path) else paths or () for paths in themselves]
        request = Request(queries, k, -np.inf if threshold is None else threshold, files, with_vectors)
        embedded_by = self._opened().digest
        while True:
            try:
                return self._answers(request, method, only, max(expected, len(queries)))
            except ModelChangedError:
                before, self._finders = self._finders, None
                if self._opened().digest != embedded_by:  # read with what is searched next: it may change again
                    self._finders = before
                    raise  # else it is the same model in other files: the index was compacted

    def _answers(
        self, request: Request, method: str, only: Callable[[str], bool] | None, expected: int
    ) -> list[list[Match]]:
        with self._searching() as (catalogue, finders):
            state = catalogue.state()
            while True:
                if only is None:
                    finder, self.last_plan = finders.finder(state, expected, method)
                else:
                    finder, self.last_plan = finders.filtered(state, catalogue, only)
                answers = answer(request, finder, catalogue, self.root)
                if answers is not None:
                    return answers
                before, state = state, catalogue.state()
                if (before.version, before.moves) == (state.version, state.moves):
                    raise damaged(self.folder / CATALOGUE, "a vector belongs to no picture")

    def _opened(self) -> Finders:
        while self._finders is None:
            with self._reading() as catalogue:
                files = catalogue.files()
                try:
                    finders = Finders(files, read_model(catalogue, files.model), str(catalogue.setting("model")))
                except IndexFolderError:
                    if files == catalogue.files():  # else it was given another model just now
                        raise
                else:
                    if files == catalogue.files():  # else the digest may be another model's
                        self._finders = finders
        return self._finders

    @contextlib.contextmanager
    def _searching(self) -> Iterator[tuple[Catalogue, Finders]]:
        """A block whose outcome, an error too, counts only if the index still has the model that was read."""
        finders = self._opened()
        with self._reading() as catalogue:
            try:
                yield catalogue, finders
            except IndexFolderError:
                if catalogue.files() == finders.files:
                    raise
            if catalogue.files() != finders.files:
                raise ModelChangedError(self.folder)

    def _files(self) -> Files:
        with self._reading() as catalogue:
            return catalogue.files()

    def _reading(self) -> contextlib.AbstractContextManager[Catalogue]:
        return open_catalogue(self.folder / CATALOGUE, "ro")
