"""Finding the nearest slots in one committed state, by a scan or by the graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imgsearch.index.catalogue import Catalogue
from imgsearch.index.database import explained
from imgsearch.index.exact import scan
from imgsearch.index.files import Files
from imgsearch.index.graph import Graph
from imgsearch.index.graphs import Graphs
from imgsearch.index.planner import Plan, plan
from imgsearch.index.ranking import Ranking, rank
from imgsearch.index.state import State
from imgsearch.index.vector_files import searched_rows
from imgsearch.index.vectors import Rows
from imgsearch.model import Model

_TIES = 10  # neighbours asked of the graph beyond k, so that equal similarities are cut by slot as in a scan


@dataclass(frozen=True)
class Finder:
    """One committed state of the vectors, ready to be searched by the graph, or by a scan where `graph` is None."""

    state: State
    rows: Rows
    graph: Graph | None = None
    reach: int = 0
    """The graph was built when there were so many slots; later ones are compared one by one."""

    def find(self, queries: NDArray[np.float32], k: int) -> list[Ranking]:
        """The `k` nearest living slots of each query (q, d), fewer only where fewer are living."""
        k = min(k, self.state.living)
        if self.graph is None:
            return self._scan(queries, k)
        nearby = self.graph.search(queries, k + _TIES)
        later = self._scan(queries, k, self.reach)
        found = [
            None if near is None else np.concatenate([near, slots])
            for near, (slots, _) in zip(nearby, later, strict=True)
        ]
        missed = [number for number, slots in enumerate(found) if slots is None or len(slots) < k]
        scanned = dict(zip(missed, self._scan(queries[missed], k), strict=True))
        return [
            scanned[number] if slots is None or number in scanned else rank(queries[number], self.rows.values, slots, k)
            for number, slots in enumerate(found)
        ]

    def _scan(self, queries: NDArray[np.float32], k: int, first: int = 0) -> list[Ranking]:
        return scan(queries, self.rows.values, k, self.state.holes, first=first, release=self.rows.release)


class Finders:
    """Makes the finder for a state; keeps the mapped rows and the loaded graph for the process's next search."""

    def __init__(self, files: Files, model: Model, digest: str) -> None:
        self.files = files
        self.model = model
        self.digest = digest
        """`imgsearch.model.model_digest` of the model."""
        self.graphs = Graphs(files, model)
        self._rows: tuple[object, Rows] | None = None
        self._kept: tuple[object, NDArray[np.int64]] | None = None

    def plan(self, state: State, queries: int, method: str) -> Plan:
        """How a search would run."""
        return plan(state.living, self.model.search_dimension, queries, self.graphs.ready(state), method)

    def finder(self, state: State, queries: int, method: str) -> tuple[Finder, Plan]:
        """The finder for a state, and how and why it works: the plan, or what was done where the graph was damaged."""
        rows = self._mapped(state)
        chosen = self.plan(state, queries, method)
        if chosen.method == "exact":
            return Finder(state, rows), chosen
        loaded, remark = self.graphs.load(state), ""
        if loaded is None and self.graphs.ready(state) is not None:
            remark = "; but its file is damaged"
            if method == "auto":  # a scan is done before a graph is built
                return Finder(state, rows), Plan("exact", f"{chosen.reason}{remark}")
            remark += ", so it is built again"
        if loaded is None or chosen.build:
            loaded = self.graphs.renew(state, rows)
        return Finder(state, rows, *loaded), Plan("ann", f"{chosen.reason}{remark}", chosen.build)

    def filtered(self, state: State, catalogue: Catalogue, keep: Callable[[str], bool]) -> tuple[Finder, Plan]:
        """The finder for the pictures of a state whose stored paths `keep` says yes to: always a scan."""
        key = (keep, state.version, state.moves)
        if self._kept is None or self._kept[0] != key:
            self._kept = (key, catalogue.slots(keep))
        kept = self._kept[1]
        kept = kept[kept < state.slots]  # the catalogue may have grown since
        narrowed = replace(state, holes=np.setdiff1d(np.arange(state.slots), np.setdiff1d(kept, state.holes)))
        reason = f"{narrowed.living:,} of {state.living:,} pictures pass the filter"
        return Finder(narrowed, self._mapped(state)), Plan("exact", reason, among=narrowed.living)

    def build(self, state: State) -> None:
        """Build the graph for a state, or bring it up to date; save it if the folder may be written just now."""
        if state.living and (self.graphs.load(state) is None or not self.graphs.is_current(state)):
            self.graphs.renew(state, self._mapped(state))

    def _mapped(self, state: State) -> Rows:
        file = self.files.vectors if self.model.metric is None else self.files.projected
        with explained(file):
            status = file.stat() if file.exists() else None  # a lost file: `searched_rows` makes it again, or explains
        key = (status and (status.st_dev, status.st_ino), state.slots)
        if self._rows is None or self._rows[0] != key:
            self._rows = (key, searched_rows(self.files, self.model, state.slots))
        return self._rows[1]
