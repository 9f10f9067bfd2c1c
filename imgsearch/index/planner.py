"""Which way of searching is faster, forecast from a few measured constants.

Measured on two cores. Whole process with one query, by the scan and by loading the graph: 176 and 300 ms over
100,000 × 128, 286 and 986 ms over 1,000,000 × 128. In the process, over 100,000 × 256: the first query 23 ms (the pages
of the map are touched for the first time), each further one of a batch 1.9 ms, of which 0.7 ms go to picking the best;
the graph with its checksum is read at 0.3 to 0.4 GB/s and answers a query in 0.8 ms (ef 200, ann_recall 1.0 on
clustered vectors). So the graph pays from a few hundred queries on.
"""

from __future__ import annotations

from dataclasses import dataclass

SCAN_FIRST = 0.9e-9
"""Seconds a number of the vector file, for the first query: the memory map is read."""
SCAN_MULTIPLY = 0.05e-9
"""Seconds a number of the vector file, for each further query: a matrix product."""
SCAN_PICK = 7e-9
"""Seconds a row for each further query: finding the best among the similarities."""
GRAPH_LOAD = 3.2e-9
"""Seconds a byte of the graph file: its checksum is verified, then it is read."""
GRAPH_LINKS = 150
"""Bytes a row in the graph file beside the vector itself."""
GRAPH_QUERY = 0.8e-3
"""Seconds a query by the graph."""

METHODS = ("auto", "exact", "ann")


@dataclass(frozen=True)
class Plan:
    """How a search runs, "exact" or "ann", and why, for a person to read."""

    method: str
    reason: str


def plan(
    count: int, dimension: int, queries: int, graph_ready: bool, method: str, *, graph_loaded: bool = False
) -> Plan:
    """How to search `count` vectors of `dimension` numbers for `queries` queries.

    "exact" and "ann" are obeyed; "auto" takes the graph where it is up to date on disk and forecast to be faster.

    Raises:
        ValueError: an unknown method.
    """
    if method not in METHODS:
        raise ValueError(f"method {method!r}, expected one of {', '.join(METHODS)}")
    size = f"{queries:,} {'query' if queries == 1 else 'queries'} over {count:,} vectors"
    if count == 0:
        return Plan("exact", "the index is empty")
    if method == "exact":
        return Plan("exact", f"asked for; {size}")
    if method == "ann":
        state = "up to date" if graph_ready or graph_loaded else "missing or outdated, so it is built first"
        return Plan("ann", f"asked for; {size}; the graph is {state}")
    if not (graph_ready or graph_loaded):
        return Plan("exact", f"{size}; the graph is missing or outdated")
    scanning = scan_seconds(count, dimension, queries)
    walking = graph_seconds(count, dimension, queries, loaded=graph_loaded)
    forecast = f"{size}; forecast: exact scan {scanning:.3f} s, graph {walking:.3f} s"
    return Plan("ann" if walking < scanning else "exact", forecast)


def scan_seconds(count: int, dimension: int, queries: int) -> float:
    """Forecast time of an exact scan."""
    return count * (dimension * SCAN_FIRST + max(0, queries - 1) * (dimension * SCAN_MULTIPLY + SCAN_PICK))


def graph_seconds(count: int, dimension: int, queries: int, *, loaded: bool = False) -> float:
    """Forecast time by the graph, with reading it from disk unless it is `loaded`."""
    reading = 0.0 if loaded else count * (4 * dimension + GRAPH_LINKS) * GRAPH_LOAD
    return reading + queries * GRAPH_QUERY
