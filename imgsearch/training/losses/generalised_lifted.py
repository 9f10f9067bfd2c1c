"""Generalised lifted structure loss (Hermans, Beyer & Leibe 2017, "In Defense of the Triplet Loss")."""

from __future__ import annotations

from torch import Tensor

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single, distances, masked_logsumexp
from imgsearch.training.tuples import Pairs


class GeneralisedLiftedStructureLoss(Loss):
    """Mean over anchors of [log Σ_P e^D + log Σ_N e^(m − D)]₊, D not squared.

    The mean is over the anchors with at least one match and one non-match among the pairs that the miner kept.

    Args:
        margin: m, 1 as in the lifted structure loss that it generalises.
    """

    kind = Pairs
    miner = "batch_all"

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, embeddings: Tensor, labels: Tensor, pairs: Pairs) -> Tensor:
        """Embeddings (n, d) unit rows → scalar."""
        distance = distances(at_least_single(embeddings))
        far = masked_logsumexp(distance, pairs.positive)
        near = masked_logsumexp(self.margin - distance, pairs.negative)
        terms = (far + near).relu()
        anchors = pairs.positive.any(dim=1) & pairs.negative.any(dim=1)
        self.count_active(terms.detach()[anchors])
        return terms.sum() / anchors.sum().clamp(min=1)
