"""How sure verification figures are: a jackknife over classes, each time without the pairs of some of them.

A pair of two classes goes when either goes, so that classes count as what is asked and as what distracts. Of more than
`GROUPS` classes, groups of them go together. Similarities are told apart in steps of 2⁻¹² here, to hold a table a group.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.bootstrap import SHARE
from imgsearch.retrieval.exact import SIMILARITY_STEPS
from imgsearch.retrieval.pair_counts import PairCounts
from imgsearch.retrieval.verification import verification

GROUPS = 200
COARSE = 8  # bits of a similarity that are dropped


@dataclass(frozen=True, eq=False)
class PairGroups:
    """Pairs at each of m similarities, the highest first, of all g groups and of those that a group takes part in."""

    pairs: PairCounts
    """(m,)"""
    genuine: NDArray[np.int64]
    """(g, m): genuine pairs of each group."""
    impostor: NDArray[np.int64]
    """(g, m): impostors, one of the two at least of the group."""

    def without(self, group: int) -> PairCounts:
        """All pairs that a group takes no part in."""
        return PairCounts(
            self.pairs.similarity,
            self.pairs.genuine - self.genuine[group],
            self.pairs.impostor - self.impostor[group],
        )


def given_groups(
    similarities: NDArray[np.floating], same: NDArray[np.bool_], groups: NDArray[np.integer]
) -> PairGroups:
    """Of given pairs (p,), each of one group (p,), 0 to g − 1. Raises as `PairCounts.of_pairs` does."""
    whole = PairCounts.of_pairs(similarities, same)
    steps = np.unique(np.rint(-similarities * (SIMILARITY_STEPS / (1 << COARSE))), return_inverse=True)
    ...
