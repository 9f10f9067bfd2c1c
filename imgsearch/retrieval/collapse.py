"""Has training collapsed the embeddings: do all pictures look alike to the model, or lie in few directions only?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.exact import exact_rows
from imgsearch.retrieval.labelled import check_finite

ALIKE = 0.95
"""Mean similarity from which on all pictures look alike."""
FEW = 0.1
"""Share of the directions that there could be, below which they are few."""
_NOISE = 1e-6  # spread of a direction, beside embeddings of length 1, that is rounding


@dataclass(frozen=True)
class Collapse:
    """What tells whether embeddings are spread out."""

    effective_rank: float
    """Directions that the embeddings spread in, from 0 (all identical) to `full_rank` (all directions alike)."""
    full_rank: int
    """Directions that there could be, min(n − 1, d)."""
    mean_similarity: float
    """Cosine of two different pictures, on average."""

    @property
    def verdict(self) -> str:
        """One plain sentence; it begins with "collapsed" where something is wrong, else with "not collapsed"."""
        spread = f"effective rank {self.effective_rank:.1f} of {self.full_rank}"
        if self.mean_similarity >= ALIKE:
            return f"collapsed: all pictures look alike to the model (mean similarity {self.mean_similarity:.3f})"
        if self.effective_rank < FEW * self.full_rank:
            return f"collapsed in part: the embeddings spread in few directions ({spread})"
        return f"not collapsed ({spread}, mean similarity {self.mean_similarity:.3f})"


def collapse(embeddings: NDArray[np.floating]) -> Collapse:
    """Measure embeddings (n, d), n > 1, L2-normalised or zero.

    The effective rank is the exponential of the entropy of the singular values of the *centred* embeddings, divided by
    their sum. Roy and Vetterli, "The effective rank: A measure of effective dimensionality", 2007.

    Raises UserError for an embedding that is not finite, ValueError for fewer than two.
    """
    count, dimension = embeddings.shape
    if count < 2:
        raise ValueError("a single embedding spreads nowhere")
    check_finite(embeddings)
    rows = exact_rows(embeddings)
    total, own = rows.sum(axis=0), np.einsum("nd,nd->", rows, rows)
    mean = total / count
    variances = np.linalg.eigvalsh(rows.T @ rows / count - np.outer(mean, mean))
    spread = np.sqrt(variances[variances > _NOISE**2])
    shares = spread / spread.sum()
    return Collapse(
        effective_rank=float(np.exp(-np.sum(shares * np.log(shares)))) if len(shares) else 0.0,
        full_rank=min(count - 1, dimension),
        mean_similarity=float((total @ total - own) / (count * (count - 1))),
    )
