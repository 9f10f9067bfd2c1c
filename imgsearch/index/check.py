"""Looking at every byte of an index that has a checksum, and for the files it speaks of."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import IndexFolderError, printable
from imgsearch.index.catalogue import Catalogue, open_catalogue
from imgsearch.index.database import damaged
from imgsearch.index.discover import CATALOGUE
from imgsearch.index.files import Files
from imgsearch.index.finder import Finder
from imgsearch.index.graph_file import GRAPH, load_graph, usable_graph
from imgsearch.index.model_copy import broken_files, dimensions_differ
from imgsearch.index.paths import absolute_path
from imgsearch.index.schema import FormatError
from imgsearch.index.state import State
from imgsearch.index.vectors import Rows, whole_rows
from imgsearch.progress import progress

_QUERIES = 200
_NEIGHBOURS = 10
_ROWS_AT_ONCE = 65_536


@dataclass
class Health:
    """What a check found; where the catalogue is damaged, nothing else could be looked at."""

    damaged: list[str] = field(default_factory=list)
    """A line for each file that is not as it was written."""
    catalogue: bool = False
    """Whether the catalogue is damaged."""
    model: list[str] = field(default_factory=list)
    """Files of the model's copy that are damaged."""
    vectors: list[str] = field(default_factory=list)
    """Stored paths of pictures whose embedding is."""
    projected: bool = False
    """Whether vectors are that can be computed from the embeddings."""
    graph: bool = False
    """Whether the graph is."""
    indexed: bool = False
    """Whether there is a graph, damaged or not."""
    searchable: int = 0
    skipped: int = 0
    gone: list[str] = field(default_factory=list)
    """Stored paths whose file is not there just now: no damage, `index` forgets them, or says why not."""
    ann_recall: float | None = None
    """Share of the true ten nearest that the graph finds, over a sample of the pictures; None without a graph."""


def check(folder: Path, root: Path) -> Health:
    """Verify all of an index folder, whose stored paths are relative to `root`. Nothing is written, no lock is taken.

    Raises:
        IndexFolderError: there is no index, or one of another format.
    """
    file = folder / CATALOGUE
    while True:
        try:
            with open_catalogue(file, "ro") as catalogue:
                files = catalogue.files()
                health = _checked(catalogue, files, root)
                if catalogue.files() == files:  # else another process has replaced them just now
                    return health
        except FormatError:
            raise
        except IndexFolderError as error:
            if not file.exists():
                raise
            return Health(damaged=[str(error)], catalogue=True)


def _checked(catalogue: Catalogue, files: Files, root: Path) -> Health:
    catalogue.require_sound()
    if dimensions_differ(catalogue, files.model):
        raise damaged(catalogue.file, "its number of dimensions is not the model's", repairable=True)
    with catalogue.transaction("DEFERRED"):
        records, state = catalogue.records(), catalogue.state()
        catalogue.sources()
        dimension, search_dimension = catalogue.count("dimension"), catalogue.count("search_dimension")
        for key in ("model", "exclude"):
            catalogue.setting(key)
    health = Health(searchable=state.living, skipped=len(records) - state.living)
    health.gone = [path for path in records if not os.path.lexists(absolute_path(path, root))]
    health.model = broken_files(catalogue, files.model)
    health.damaged += [f"{printable(files.model / name)}: gone, or not as it was written" for name in health.model]

    vectors = whole_rows(files.vectors, state.slots, dimension)
    broken = set(_broken(vectors, state).tolist())
    health.vectors = [path for path, record in records.items() if record.slot in broken]
    health.damaged += _said(vectors, len(broken))
    searched = vectors
    if catalogue.has_metric():
        searched = whole_rows(files.projected, state.slots, search_dimension)
        broken = set(_broken(searched, state).tolist())
        health.projected = bool(broken)
        health.damaged += _said(searched, len(broken))
    _check_graph(health, files.folder / GRAPH, searched, state)
    return health


def _broken(rows: Rows, state: State) -> NDArray[np.int64]:
    """Living slots whose row is missing or not as it was written."""
    intact = np.zeros(state.slots, dtype=np.bool_)
    with progress(total=len(rows.values), description=f"checking {rows.file.name}") as bar:
        for start in range(0, len(rows.values), _ROWS_AT_ONCE):
            stop = min(start + _ROWS_AT_ONCE, len(rows.values))
            intact[start:stop] = rows.intact(start, stop)
            bar.update(stop - start)
    intact[state.holes] = True  # nobody reads those
    return np.flatnonzero(~intact)


def _said(rows: Rows, count: int) -> list[str]:
    vectors = "vectors are" if count > 1 else "vector is"
    return [f"{printable(rows.file)}: {count:,} {vectors} missing, or not as written"] if count else []


def _check_graph(health: Health, file: Path, rows: Rows, state: State) -> None:
    if state.graph is None:
        return
    health.indexed = True
    info = usable_graph(file, state, rows.values.shape[1])
    graph = None if info is None else load_graph(file, info)
    if info is None or graph is None:
        health.graph = True
        health.damaged.append(f"{printable(file)}: gone, or not as it was written")
    elif len(rows.values) == state.slots and state.living:
        graph.forget(state.holes[: np.searchsorted(state.holes, info.slots)])
        health.ann_recall = _recall(Finder(state, rows, graph, info.slots))


def _recall(finder: Finder) -> float:
    state, rows = finder.state, finder.rows
    living = np.delete(np.arange(state.slots), state.holes)
    sample = living[np.linspace(0, len(living) - 1, min(_QUERIES, len(living))).astype(np.int64)]
    k = min(_NEIGHBOURS, len(living))
    found, true = finder.find(rows.values[sample], k), Finder(state, rows).find(rows.values[sample], k)
    hits = sum(np.isin(slots, near).sum() for (slots, _), (near, _) in zip(true, found, strict=True))
    return float(hits) / (k * len(sample))
