"""One committed state of an index, as far as a search needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class State:
    """The vectors of one committed state: which slots were given out, and which of them are living."""

    slots: int
    holes: NDArray[np.int64]
    moves: int
    """How often a picture got another path and kept its slot, since the index was made."""
    graph: dict[str, Any] | None
    """What `imgsearch.index.graph_file.save_graph` returned, if a graph was ever built."""

    @property
    def living(self) -> int:
        """How many pictures are searchable."""
        return self.slots - len(self.holes)

    @property
    def version(self) -> tuple[int, int]:
        """Equal for equal vectors of one model: slots are never given out twice, and a hole stays one."""
        return self.slots, len(self.holes)
