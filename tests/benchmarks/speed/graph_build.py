"""Building the graph of 100,000 × 256, until it is verified and on the disk, against hnswlib alone."""

from __future__ import annotations

import os
from collections.abc import Iterator

import hnswlib
import numpy as np

from imgsearch.index import Index
from imgsearch.index.graph import EF_CONSTRUCTION, M
from imgsearch.index.graph_file import GRAPH
from tests.benchmarks.speed.cold_query import make_index, unit_rows
from tests.benchmarks.speed.results import Result, Setting, compared, in_turns, seconds


def measure(setting: Setting) -> Iterator[Result]:
    """On all cores; rivals are given the same rows in memory, once, and save nothing."""
    count = setting.scaled(100_000)
    threads = os.cpu_count() or 1
    folder = setting.folder / "index"
    make_index(folder, count)
    rows = np.concatenate(list(unit_rows(count)))

    def ours() -> float:
        (folder / GRAPH).unlink(missing_ok=True)
        return seconds(Index.open(folder).build_graph)

    def theirs() -> float:
        graph = hnswlib.Index(space="ip", dim=rows.shape[1])
        graph.init_index(max_elements=count, M=M, ef_construction=EF_CONSTRUCTION, random_seed=100)
        return seconds(lambda: graph.add_items(rows, np.arange(count), num_threads=threads))

    turns = in_turns(ours, theirs, setting.runs)
    against = f"hnswlib alone, M {M}, ef_construction {EF_CONSTRUCTION}, {threads} threads"
    yield compared(f"HNSW build of {count:,} × 256", against, *turns, 1.15, 1.05)
