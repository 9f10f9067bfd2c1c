"""Which way of searching is faster, forecast from a few constants, measured on two cores.

Over 1,000,000 × 256: an exact scan of one query takes 0.09 s, of 256 queries 1.4 s; to verify and load the graph of
1.2 GB 3.6 s, to search it 1 to 2 ms a query, to build it 970 s of processor time. A new process thus scans until it has
some hundreds of queries, and over 100,000 always, as a product in matrices is faster there than a walk in the graph.
"""

from __future__ import annotations

from dataclasses import dataclass

SCAN_READ = 0.35e-9
"""Seconds a number of the vector file, for each pass over it."""
SCAN_MULTIPLY = 0.02e-9
"""Seconds a number of the vector file for each query: a matrix product, and picking the best."""
GRAPH_LOAD = 3.2e-9
"""Seconds a byte of the graph file: its checksum is verified, then it is read."""
GRAPH_LINKS = 150
"""Bytes a row in the graph file beside the vector itself."""
GRAPH_QUERY = 1.5e-3
"""Seconds a query by the graph."""
GRAPH_ADD = 0.5e-3
"""Seconds a row that is added to the graph."""

METHODS = ("auto", "exact", "ann")


@dataclass(frozen=True)
class Plan:
    """How a search runs, "exact" or "ann", and why, for a person to read."""

    method: str
    reason: str
    build: bool = False
    """Whether the graph is built, or brought up to date, first."""
    among: int | None = None
    """How many pictures are searched, where a filter leaves out some."""


@dataclass(frozen=True)
class Ready:
    """A graph that can be searched."""

    lag: int
    """How many slots were given out after it; they are compared one by one."""
    loaded: bool = False
    """Whether it is in memory."""


def plan(count: int, dimension: int, queries: int, ready: Ready | None, method: str) -> Plan:
    """How to search `count` vectors of `dimension` numbers for `queries` queries.

    "exact" and "ann" are obeyed; "auto" takes what is forecast to be done first, be it with building a graph.

    Raises:
        ValueError: an unknown method.
    """
    if method not in METHODS:
        raise ValueError(f"method {method!r}, expected one of {', '.join(METHODS)}")
    if count == 0:
        return Plan("exact", "the index is empty")
    size = f"{queries:,} {'query' if queries == 1 else 'queries'} over {count:,} × {dimension} numbers"
    if method == "exact":
        return Plan("exact", f"asked for; {size}")
    scanning, searching = scan_seconds(count, dimension, queries), queries * GRAPH_QUERY
    ways = {"exact scan": (scanning, Plan("exact", ""))} if method == "auto" else {}
    if ready is None:
        ways["building a graph and searching it"] = (count * GRAPH_ADD + searching, Plan("ann", "", build=True))
    else:
        loading = 0.0 if ready.loaded else load_seconds(count, dimension)
        rest = scan_seconds(ready.lag, dimension, queries) if ready.lag else 0.0
        behind = f"with {ready.lag:,} newer pictures one by one" if ready.lag else "up to date"
        ways[f"graph {behind}"] = (loading + searching + rest, Plan("ann", ""))
        if ready.lag:
            adding = ready.lag * GRAPH_ADD + 2 * load_seconds(count, dimension)  # it is saved, too
            ways["graph brought up to date first"] = (loading + adding + searching, Plan("ann", "", build=True))
    best = min(ways, key=lambda way: ways[way][0])
    forecast = ", ".join(f"{way} {seconds:.3f} s" for way, (seconds, _) in ways.items())
    asked = "asked for; " if method == "ann" else ""
    chosen = ways[best][1]
    return Plan(chosen.method, f"{asked}{size}; forecast: {forecast}", chosen.build)


def scan_seconds(count: int, dimension: int, queries: int) -> float:
    """Forecast time of an exact scan."""
    return count * dimension * (SCAN_READ + queries * SCAN_MULTIPLY)


def load_seconds(count: int, dimension: int) -> float:
    """Forecast time to read a graph from the disk."""
    return count * (4 * dimension + GRAPH_LINKS) * GRAPH_LOAD
