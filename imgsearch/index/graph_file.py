"""The graph on disk: never half-written, never loaded unless it is bit by bit what was written for just this state."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from imgsearch.errors import IndexFolderError, printable
from imgsearch.index import graph as hnsw
from imgsearch.index.database import explained
from imgsearch.index.graph import Graph
from imgsearch.index.state import State

GRAPH = "graph.hnsw"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class GraphInfo:
    """What the catalogue remembers of the graph file."""

    checksum: str
    """BLAKE2b of the file, 16 bytes, as hexadecimal digits."""
    size: int
    slots: int
    """Of the state that it was brought up to date with."""
    holes: int
    dimension: int
    forgotten: int = 0
    """See `Graph.forgotten`."""
    m: int = hnsw.M
    ef_construction: int = hnsw.EF_CONSTRUCTION
    ef: int = hnsw.EF


def usable_graph(file: Path, state: State, dimension: int) -> GraphInfo | None:
    """What is known of a graph file that is of this state or of an earlier one; its content is not looked at yet."""
    try:
        info = GraphInfo(**(state.graph or {}))
        present = file.stat().st_size
    except (TypeError, OSError):  # never built, settings of another make, or the file is gone
        return None
    earlier = 0 <= info.slots <= state.slots and 0 <= info.holes <= len(state.holes)
    return info if earlier and (info.dimension, info.size) == (dimension, present) else None


def load_graph(file: Path, info: GraphInfo) -> Graph | None:
    """The graph, or None where the file is not what `info` says, or changes at this moment."""
    try:
        with file.open("rb") as stream:
            if _checksum(stream) != info.checksum:
                return None
            graph = Graph.load(file, info.dimension, info.forgotten)
            # loaded by name: still the file whose bytes were checked?
            same = os.path.samestat(os.fstat(stream.fileno()), file.stat())
    except OSError:
        return None
    return graph if same and len(graph) == info.slots - info.holes else None


def save_graph(graph: Graph, file: Path, state: State) -> dict[str, Any]:
    """Write the graph beside, check it, put it in place; returns the `GraphInfo` that the caller commits as a setting.

    Raises:
        IndexFolderError: it cannot be written; an older file stays as it was.
    """
    beside = file.with_name(file.name + ".part")
    try:
        with explained(beside):
            if not graph.save(beside):
                raise IndexFolderError(f"{printable(file)}: could not be written whole; make room on the disk")
            with beside.open("r+b") as stream:
                checksum = _checksum(stream)
                os.fsync(stream.fileno())
            beside.replace(file)
            info = GraphInfo(checksum, file.stat().st_size, *state.version, graph.dimension, graph.forgotten)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    return asdict(info)


def _checksum(stream: BinaryIO) -> str:
    digest = hashlib.blake2b(digest_size=16)
    while block := stream.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
