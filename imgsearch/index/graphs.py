"""The graph of an index from one search to the next: loaded, brought up to date, saved."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np

from imgsearch.errors import IndexFolderError
from imgsearch.index.files import Files
from imgsearch.index.graph import Graph
from imgsearch.index.graph_file import GRAPH, GraphInfo, load_graph, usable_graph
from imgsearch.index.planner import Ready
from imgsearch.index.state import State
from imgsearch.index.vectors import Rows
from imgsearch.model import Model

_LAG = 0.05
"""Share of all slots: adding them then takes longer than reading and writing the file for it."""


@dataclass
class _Loaded:
    graph: Graph
    reach: int
    """How many slots there were when it was built or last added to."""
    holes: int = 0
    """How many of a state's holes it was told to forget."""


class Graphs:
    """The graph that answers for a state: the one in the file, which may be of an earlier state, or one built here."""

    def __init__(self, files: Files, model: Model) -> None:
        self.file = files.folder / GRAPH
        self.files = files
        self.model = model
        self._loaded: _Loaded | None = None

    def ready(self, state: State) -> Ready | None:
        """What there is to search that state with, without looking into the file."""
        if (kept := self._kept(state)) is not None:
            return Ready(state.slots - kept.reach, loaded=True)
        info = self._usable(state)
        return None if info is None else Ready(state.slots - info.slots)

    def is_current(self, state: State) -> bool:
        """Whether the graph in the file is of just that state."""
        info = self._usable(state)
        return info is not None and (info.slots, info.holes) == state.version

    def lags(self, state: State) -> bool:
        """Whether more pictures came or went since the graph in the file than a search should make up for."""
        info = self._usable(state)
        return info is not None and state.slots - info.slots + len(state.holes) - info.holes > _LAG * state.slots

    def load(self, state: State) -> tuple[Graph, int] | None:
        """A graph that finds none but living slots of that state, and how many slots it knows; None if damaged."""
        if (kept := self._kept(state)) is None:
            info = self._usable(state)
            graph = None if info is None else load_graph(self.file, info)
            if info is None or graph is None:
                return None
            kept = self._loaded = _Loaded(graph, info.slots)
        if len(state.holes) > kept.holes:
            kept.graph.forget(state.holes[: np.searchsorted(state.holes, kept.reach)])
            kept.holes = len(state.holes)
        return kept.graph, kept.reach

    def renew(self, state: State, rows: Rows) -> tuple[Graph, int]:
        """The same with all slots of that state, built or added; saved if the folder may be written just now."""
        from imgsearch.index.writer import Writer  # which a scan does not need

        living = np.delete(np.arange(state.slots), state.holes)
        earlier = self.load(state)
        if earlier is None:
            graph = Graph.build(rows.values, living)
        else:
            graph, reach = earlier
            graph.add(rows.values, living[np.searchsorted(living, reach) :])
        self._loaded = _Loaded(graph, state.slots, len(state.holes))
        with contextlib.suppress(IndexFolderError), Writer(self.files, self.model) as writer:
            writer.keep_graph(graph, state)  # being written, read-only, disk full: it serves this process alone
        return graph, state.slots

    def _kept(self, state: State) -> _Loaded | None:
        """The graph in memory, unless the state is of other files: those were compacted since this one was made."""
        kept = self._loaded
        return kept if kept and kept.reach <= state.slots and kept.holes <= len(state.holes) else None

    def _usable(self, state: State) -> GraphInfo | None:
        return usable_graph(self.file, state, self.model.search_dimension)
