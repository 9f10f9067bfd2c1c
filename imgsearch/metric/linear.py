"""A learned linear metric: a matrix L that turns embeddings so that Euclidean distance means what the labels mean."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class LinearMetric:
    """The affine map x ↦ Lx + offset; with offset = −L·mean, as `centred` makes it, x ↦ L(x − mean).

    ValueError where the arrays are not float32, not finite, or do not fit each other.
    """

    matrix: NDArray[np.float32]
    """L (m, d)."""
    # The offset is kept rather than the mean: metric.npy holds it, and a mean recovered from it would differ in
    # its last bits between machines. By keyword only, since an offset and a mean are easily confused where m = d.
    offset: NDArray[np.float32] = field(kw_only=True)
    """(m,), added to Lx."""

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or self.matrix.size == 0 or self.offset.shape != self.matrix.shape[:1]:
            raise ValueError(f"matrix {self.matrix.shape} and offset {self.offset.shape} are no (m, d) and (m,)")
        for name, array in (("matrix", self.matrix), ("offset", self.offset)):
            if array.dtype != np.float32:
                raise ValueError(f"{name} is {array.dtype}, not float32")
            if not np.isfinite(array).all():
                raise ValueError(f"{name} is not finite")

    @classmethod
    def centred(cls, matrix: NDArray[np.floating], mean: NDArray[np.floating]) -> LinearMetric:
        """The metric x ↦ L(x − mean) of a matrix L (m, d) and a mean (d,), rounded to float32."""
        rounded = matrix.astype(np.float32)
        # of the rounded L: an embedding at the mean then maps to 0 but for the offset's own rounding
        return cls(rounded, offset=-(rounded.astype(np.float64) @ mean).astype(np.float32))

    @classmethod
    def from_affine(cls, affine: NDArray[np.float32]) -> LinearMetric:
        """The metric whose `to_affine` is `affine` (m, d + 1), to the bit; ValueError as for the class."""
        if affine.ndim != 2:
            raise ValueError(f"{affine.ndim}-d array, not a matrix (m, d + 1)")
        return cls(affine[:, :-1], offset=affine[:, -1])

    def to_affine(self) -> NDArray[np.float32]:
        """(m, d + 1) float32: L with the offset as its last column, in C order."""
        return np.column_stack([self.matrix, self.offset])

    def transform(self, embeddings: NDArray[np.floating]) -> NDArray[np.float32]:
        """Embeddings (n, d) mapped to (n, m) and L2-normalised; what maps to zero stays zero.

        Computed in float64, since L may be steep enough to raise float32's rounding into view: map large sets block by
        block. ValueError where d differs.
        """
        mapped = self._mapped(embeddings)
        mapped += self.offset
        lengths = np.sqrt(np.einsum("ij,ij->i", mapped, mapped))
        lengths[lengths == 0] = 1
        mapped /= lengths[:, np.newaxis]
        return mapped.astype(np.float32)

    def distance(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float64]:
        """‖Lx − Ly‖ (n,) of the rows of x and y, both (n, d), before any normalisation; ValueError where d differs.

        A pseudometric: where L has a kernel, as it has for m < d, different embeddings can have distance 0.
        """
        # L(x − y), not Lx − Ly: the same in real numbers, and exactly 0 for x = y
        lengths: NDArray[np.float64] = np.linalg.norm(self._mapped(x.astype(np.float64) - y), axis=1)
        return lengths

    def _mapped(self, vectors: NDArray[np.floating]) -> NDArray[np.float64]:
        if vectors.ndim != 2 or vectors.shape[1] != self.matrix.shape[1]:
            raise ValueError(f"embeddings {vectors.shape} do not fit a metric on {self.matrix.shape[1]} dimensions")
        mapped: NDArray[np.float64] = vectors.astype(np.float64) @ self.matrix.T.astype(np.float64)
        return mapped
