"""A linear metric's strength: anything between leaving the embeddings alone and what the textbook says.

Textbook metrics fit the classes that they were fitted on, and mostly hurt unseen ones (measured in
`imgsearch.metric.selection`); a part of the way helps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.linear import LinearMetric

_NEGLIGIBLE = 1e-9
"""Of the largest eigenvalue of M: float32, in which L is kept, tells nothing about smaller ones."""


def temper(metric: LinearMetric, centre: NDArray[np.floating], strength: float) -> LinearMetric:
    """L^strength (d, d), symmetric, through the eigenvalues of M = LᵀL, after subtracting `centre` (d,).

    Strength 1 has the textbook's distances up to one factor, 0 those of the centred embeddings. L counts relative to
    its geometric mean, so that the directions in which L is 0 (where LDA has fewer rows than dimensions) can fade with
    1 − strength.

    Raises UserError for a strength that is not from 0 to 1.
    """
    return Spectrum(metric).tempered(centre, strength)


class Spectrum:
    """A metric taken apart into directions and how far it stretches each: several strengths then cost one `eigh`."""

    def __init__(self, metric: LinearMetric) -> None:
        matrix = metric.matrix.astype(np.float64)
        eigenvalues, self._directions = np.linalg.eigh(matrix.T @ matrix)
        self._kept = eigenvalues > _NEGLIGIBLE * eigenvalues[-1]
        logarithms = np.log(eigenvalues[self._kept]) / 2
        self._relative = logarithms - logarithms.mean()

    def tempered(self, centre: NDArray[np.floating], strength: float) -> LinearMetric:
        """See `temper`."""
        if not 0 <= strength <= 1:
            raise UserError(
                f"strength {strength} is out of range: 0 leaves the embeddings alone, 1 is the textbook's metric"
            )
        weights = np.full(len(self._kept), 1.0 - strength)
        weights[self._kept] = np.exp(strength * self._relative)
        return LinearMetric.centred(self._directions * weights @ self._directions.T, centre)
