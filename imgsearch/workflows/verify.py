"""`verify`: are two pictures of the same thing?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgsearch.encoder import Encoder
from imgsearch.errors import PictureError, UserError
from imgsearch.images.source import Source
from imgsearch.index.ranking import rank
from imgsearch.model import Model
from imgsearch.workflows.query import embed_sources
from imgsearch.workflows.threshold import Threshold, threshold_of


@dataclass(frozen=True)
class Verdict:
    """What a model says of two pictures."""

    same: bool
    similarity: float
    """Cosine of their embeddings, to six decimals."""
    threshold: Threshold

    @property
    def expected_error(self) -> float | None:
        """How often a verdict like this one is wrong where it should be the other: of different pairs those that are
        taken for the same, or of the same those that are taken for different; None where that was not measured."""
        return self.threshold.expected.get("false_accept_rate" if self.same else "false_reject_rate")


def verify(model: Model, one: str, other: str, threshold: float | None = None) -> Verdict:
    """Compare two pictures, each a file, a URL or "-", by a threshold, by default the model's own.

    Raises:
        UserError: one of them is no picture, or no threshold was calibrated for the model.
    """
    wanted = threshold_of(model.info, "verify") if threshold is None else Threshold(threshold, {})
    rows = []
    for row in embed_sources(Encoder(model, 2), [Source(one), Source(other)]):
        if isinstance(row, PictureError):
            raise UserError(f"{row}; {row.remedy}")
        rows.append(row)
    similarity = float(rank(rows[0], np.stack(rows[1:]), np.zeros(1, dtype=np.int64), 1)[1][0])
    return Verdict(similarity >= wanted.similarity, similarity, wanted)
