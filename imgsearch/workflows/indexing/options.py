"""What an update of an index is asked to do, besides the folders, and what the index says before it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from imgsearch.index import Index
from imgsearch.index.known import Known
from imgsearch.workflows.indexing.exclude import Excluded, revised

if TYPE_CHECKING:
    from imgsearch.encoder import Device


@dataclass(frozen=True)
class Options:
    """How to bring an index up to date."""

    files: Sequence[str | os.PathLike[str]] | None = None
    """Pictures to look at, whatever their names; unlike folders they are not remembered, but as what is indexed."""
    everything: bool = False
    """Look at all that the index was made of as well, as is done where neither folders nor files are given."""
    exclude: Sequence[str] = ()
    """More patterns of what is left out, see `.exclude`; an empty one forgets those before it."""
    prune: bool | None = None
    """True also forgets folders that are gone or empty, False no picture at all, None pictures that are surely gone."""
    max_pixels: int | None = None
    """Larger pictures are skipped; by default those that the memory cannot hold. Given, all skipped are tried again."""
    jobs: int | None = None
    """Threads that decode, and as many that encode; by default about one of each a core."""
    batch_size: int | None = None
    """Pictures that are encoded and not committed yet, at most; by default `imgsearch.encoder.BATCH_SIZE`."""
    device: Device = "auto"
    """Where they encode."""


DEFAULTS = Options()


@dataclass(frozen=True)
class Before:
    """An index as an update finds it, or is to make it."""

    folder: Path
    root: Path
    """What stored paths are relative to, see `imgsearch.index.paths`."""
    known: Known = field(default_factory=Known)
    sources: Sequence[str] = ()
    excluded: Sequence[str] = ()

    @classmethod
    def of(cls, index: Index) -> Before:
        """What the index says now."""
        return cls(index.folder, index.root, index.known(), index.sources(), index.excluded())

    def exclude(self, options: Options) -> Excluded:
        """What is left out from now on."""
        return Excluded(revised(self.excluded, options.exclude))
