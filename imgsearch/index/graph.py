"""Approximate search by a graph of near neighbours: the only importer of hnswlib, which a scan never loads.

Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small World
graphs", 2018. What hnswlib 0.8.0 does not check is checked here and in `graph_file`: see the design.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imgsearch.progress import progress

if TYPE_CHECKING:
    import hnswlib

M = 16
EF_CONSTRUCTION = 200
EF = 350
"""How many nodes a search keeps in view; never below the number of answers wanted. Of the true ten nearest among a
million augmented embeddings 96 % are found with 100, 98.8 % with 200, 99.4 % with 300, 99.7 % with 400."""
_ROWS_AT_ONCE = 1000
_MANY = 2000
"""Rows that are worth several threads; the graph of fewer is the same whenever it is built."""


class Graph:
    """A graph over rows of one dimension by inner product; its labels are the rows' slots."""

    def __init__(self, graph: hnswlib.Index, dimension: int, forgotten: int = 0) -> None:
        self._graph = graph
        self.dimension = dimension
        self.forgotten = forgotten
        """How many of its rows it finds no more; they still lead to others, and take room."""

    @classmethod
    def build(
        cls, rows: NDArray[np.float32], slots: NDArray[np.int64], m: int = M, ef_construction: int = EF_CONSTRUCTION
    ) -> Graph:
        """A graph over the rows (n, d) of those slots."""
        graph = cls._empty(rows.shape[1])
        graph.init_index(max_elements=max(1, len(slots)), M=m, ef_construction=ef_construction, random_seed=100)
        built = cls(graph, rows.shape[1])
        built._add(rows, slots, "building the graph")
        return built

    @classmethod
    def load(cls, file: Path, dimension: int, forgotten: int = 0) -> Graph:
        """Read a file whose checksum was found right: hnswlib crashes on a damaged one."""
        graph = cls._empty(dimension)
        graph.load_index(os.fsencode(file))  # bytes: the path need not be UTF-8
        return cls(graph, dimension, forgotten)

    def add(self, rows: NDArray[np.float32], slots: NDArray[np.int64]) -> None:
        """Add the rows (n, d) of slots that it has not seen yet."""
        self._graph.resize_index(self._graph.get_current_count() + len(slots))
        self._add(rows, slots, "adding to the graph")

    def forget(self, slots: NDArray[np.int64]) -> None:
        """Find these no more; those that it has not, or has forgotten already, are passed over."""
        for slot in slots:
            with contextlib.suppress(RuntimeError):
                self._graph.mark_deleted(slot)
                self.forgotten += 1

    def _add(self, rows: NDArray[np.float32], slots: NDArray[np.int64], description: str) -> None:
        threads = 1 if len(slots) < _MANY else os.cpu_count() or 1
        with progress(total=len(slots), description=description) as bar:
            for start in range(0, len(slots), _ROWS_AT_ONCE):
                part = slots[start : start + _ROWS_AT_ONCE]
                self._graph.add_items(rows[part], part, num_threads=threads)
                bar.update(len(part))

    def save(self, file: Path) -> bool:
        """Write the file and say whether it has the size it should have: hnswlib does not notice a full disk."""
        self._graph.save_index(os.fsencode(file))
        return file.exists() and file.stat().st_size == int(self._graph.index_file_size())

    def __len__(self) -> int:
        return int(self._graph.get_current_count()) - self.forgotten

    def search(self, queries: NDArray[np.float32], k: int, ef: int = EF) -> list[NDArray[np.int64] | None]:
        """Slots near each query (q, d), at most `k` and in no order; None where the graph reaches too few of them."""
        if len(queries) == 0 or len(self) == 0:
            return [None] * len(queries)
        k = min(k, len(self))
        self._graph.set_ef(max(ef, k))  # forgotten on load
        try:
            labels, _ = self._graph.knn_query(queries, k=k)
            return list(labels.astype(np.int64))
        except RuntimeError:  # one query that reaches fewer than k spoils its whole batch
            if len(queries) == 1:
                return [None]
            return [self.search(query[None], k, ef)[0] for query in queries]

    @staticmethod
    def _empty(dimension: int) -> hnswlib.Index:
        import hnswlib

        return hnswlib.Index(space="ip", dim=dimension)
