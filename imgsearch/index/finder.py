"""Finding the nearest slots in one committed state, by a scan or by the graph."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import IndexFolderError
from imgsearch.index.catalogue import Catalogue
from imgsearch.index.database import explained
from imgsearch.index.exact import scan
from imgsearch.index.files import Files
from imgsearch.index.graph import Graph
from imgsearch.index.graph_file import GRAPH, GraphInfo, current_graph, load_graph
from imgsearch.index.planner import Plan, plan
from imgsearch.index.ranking import Ranking, rank
from imgsearch.index.state import State
from imgsearch.index.vector_files import searched_rows
from imgsearch.index.vectors import Rows
from imgsearch.index.writer import Writer
from imgsearch.model import Model

_TIES = 10  # neighbours asked of the graph beyond k, so that equal similarities are cut by slot as in a scan


@dataclass(frozen=True)
class Finder:
    """One committed state of the vectors, ready to be searched by the graph, or by a scan where `graph` is None."""

    state: State
    rows: Rows
    graph: Graph | None

    def find(self, queries: NDArray[np.float32], k: int) -> list[Ranking]:
        """The `k` nearest living slots of each query (q, d), fewer only where fewer are living."""
        k = min(k, self.state.living)
        if self.graph is None:
            return scan(queries, self.rows.values, k, self.state.holes)
        nearby = self.graph.search(queries, k + _TIES)
        missed = [number for number, slots in enumerate(nearby) if slots is None or len(slots) < k]
        scanned = dict(zip(missed, scan(queries[missed], self.rows.values, k, self.state.holes), strict=True))
        return [
            scanned[number] if slots is None or number in scanned else rank(queries[number], self.rows.values, slots, k)
            for number, slots in enumerate(nearby)
        ]


class Finders:
    """Makes the finder for a state; keeps the mapped rows and the loaded graph for the process's next search."""

    def __init__(self, files: Files, model: Model, digest: str) -> None:
        self.files = files
        self.model = model
        self.digest = digest
        """`imgsearch.model.model_digest` of the model."""
        self._rows: tuple[object, Rows] | None = None
        self._graph: tuple[object, Graph] | None = None
        self._kept: tuple[object, NDArray[np.int64]] | None = None

    def plan(self, state: State, queries: int, method: str) -> Plan:
        """How a search would run."""
        ready = self._ready(state) is not None
        loaded = self._graph is not None and self._graph[0] == state.version
        return plan(state.living, self.model.search_dimension, queries, ready, method, graph_loaded=loaded)

    def finder(self, state: State, queries: int, method: str) -> tuple[Finder, Plan]:
        """The finder for a state, and how and why it works: the plan, or what was done where the graph was damaged."""
        rows = self._mapped(state)
        chosen = self.plan(state, queries, method)
        if chosen.method == "exact":
            return Finder(state, rows, None), chosen
        graph, remark = self._loaded(state), ""
        if graph is None and self._ready(state) is not None:
            remark = "; but its file is damaged"
            if method == "auto":  # a scan is done before a graph is built
                return Finder(state, rows, None), Plan("exact", f"{chosen.reason}{remark}")
            remark += ", so it is built again"
        if graph is None:
            graph = self._built(state, rows)
        return Finder(state, rows, graph), Plan("ann", f"{chosen.reason}{remark}")

    def filtered(
        self, state: State, catalogue: Catalogue, keep: Callable[[str], bool], queries: int
    ) -> tuple[Finder, Plan]:
        """The finder for the pictures of a state whose stored paths `keep` says yes to: always a scan."""
        key = (keep, state.version, state.moves)
        if self._kept is None or self._kept[0] != key:
            self._kept = (key, catalogue.slots(keep))
        kept = self._kept[1]
        kept = kept[kept < state.slots]  # the catalogue may have grown since
        narrowed = replace(state, holes=np.setdiff1d(np.arange(state.slots), np.setdiff1d(kept, state.holes)))
        finder, chosen = self.finder(narrowed, queries, "exact")
        return finder, replace(chosen, reason=f"{narrowed.living:,} of {state.living:,} pictures pass the filter")

    def build(self, state: State) -> None:
        """Build the graph for a state unless it is there, undamaged; save it if the folder may be written just now."""
        if state.living and self._loaded(state) is None:
            self._built(state, self._mapped(state))

    def _ready(self, state: State) -> GraphInfo | None:
        return current_graph(self.files.folder / GRAPH, state, self.model.search_dimension)

    def _mapped(self, state: State) -> Rows:
        file = self.files.vectors if self.model.metric is None else self.files.projected
        with explained(file):
            status = file.stat() if file.exists() else None  # a lost file: `searched_rows` makes it again, or explains
        key = (status and (status.st_dev, status.st_ino), state.slots)
        if self._rows is None or self._rows[0] != key:
            self._rows = (key, searched_rows(self.files, self.model, state.slots))
        return self._rows[1]

    def _loaded(self, state: State) -> Graph | None:
        if self._graph is not None and self._graph[0] == state.version:
            return self._graph[1]
        info = self._ready(state)
        graph = None if info is None else load_graph(self.files.folder / GRAPH, info)
        self._graph = None if graph is None else (state.version, graph)
        return graph

    def _built(self, state: State, rows: Rows) -> Graph:
        graph = Graph.build(rows.values, np.delete(np.arange(state.slots), state.holes))
        with contextlib.suppress(IndexFolderError), Writer(self.files, self.model) as writer:
            writer.keep_graph(graph, state)  # being written, read-only, disk full: it serves this process alone
        self._graph = (state.version, graph)
        return graph
