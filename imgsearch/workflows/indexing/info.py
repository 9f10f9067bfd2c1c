"""`index --info`: what is inside an index."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from imgsearch.index import Index
from imgsearch.index.beside import unfinished
from imgsearch.index.discover import CATALOGUE
from imgsearch.index.graph_file import GRAPH, usable_graph
from imgsearch.index.state import State


@dataclass(frozen=True)
class IndexInfo:
    """What is inside an index folder, from its catalogue and the sizes of its files."""

    folder: Path
    pictures: int
    skipped: list[tuple[str, str]]
    """Stored path and reason of each."""
    sources: list[str]
    """Stored paths, see `imgsearch.index.paths`."""
    excluded: list[str]
    model: str
    model_digest: str
    dimension: int
    """Of the embeddings as they are searched."""
    metric: bool
    """Whether the model has a linear metric."""
    threshold: float | None
    """The similarity that was calibrated for the model."""
    graph: str
    removed: int
    """Slots of removed pictures that were not compacted yet."""
    bytes_on_disk: dict[str, int]
    """By file or folder name."""
    updated: datetime
    """When the catalogue last changed."""
    next_model: str | None
    """The model of a change to another encoder that is not finished."""

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why pictures were skipped, the most frequent reason first."""
        return Counter(reason for _, reason in self.skipped).most_common()


def index_info(index: Index) -> IndexInfo:
    """Read what an index says of itself.

    Raises:
        IndexFolderError: the index is damaged.
    """
    records = index.records()
    skipped = sorted((path, record.reason) for path, record in records.items() if record.reason is not None)
    state = index.state()
    beside = unfinished(index)
    return IndexInfo(
        folder=index.folder,
        pictures=state.living,
        skipped=skipped,
        sources=index.sources(),
        excluded=index.excluded(),
        model=index.model.info.name,
        model_digest=index.model_digest,
        dimension=index.model.search_dimension,
        metric=index.model.metric is not None,
        threshold=index.model.info.threshold,
        graph=_graph(index, state),
        removed=len(state.holes),
        bytes_on_disk=_sizes(index.folder),
        updated=datetime.fromtimestamp((index.folder / CATALOGUE).stat().st_mtime, tz=timezone.utc),
        next_model=None if beside is None else beside.model.info.name,
    )


def _graph(index: Index, state: State) -> str:
    if state.graph is None:
        return "none; built where it is asked for, or saves time"
    info = usable_graph(index.folder / GRAPH, state, index.model.search_dimension)
    if info is None:
        return "damaged; built again where it is asked for"
    lag = state.slots - info.slots
    if lag == 0:
        return "up to date"
    return f"{lag:,} newer pictures are compared one by one" if lag > 1 else "1 newer picture is compared by itself"


def _sizes(folder: Path) -> dict[str, int]:
    sizes: Counter[str] = Counter()
    for file in folder.rglob("*"):
        if file.is_file():
            sizes[file.relative_to(folder).parts[0]] += file.stat().st_size
    return dict(sorted(sizes.items()))
