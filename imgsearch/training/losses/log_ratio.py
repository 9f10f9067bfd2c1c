"""Log-ratio loss (Kim et al. 2019, "Deep Metric Learning Beyond Binary Supervision")."""

from __future__ import annotations

from torch import Tensor

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import SMALLEST, at_least_single, squared_distances
from imgsearch.training.tuples import Pairs

SAME_VALUE = 1e-6
"""Values whose difference is below this share of the batch's greatest are equal."""


class LogRatioLoss(Loss):
    """{log(D_ai/D_aj) − log(Y_ai/Y_aj)}², Y the difference of the labels' values: distances proportional to values.

    The mean over all anchors a and all i < j of a's pairs, of whichever class. D is taken on unnormalised embeddings.
    A pair of equal values has no ratio and is left out.

    Args:
        squared_distance: D is the squared distance, as in the paper; False takes the distance itself, as the authors'
            code does, and then distances rather than their squares become proportional to values.
    """

    kind = Pairs
    miner = "batch_all"
    inputs = ("value",)
    normalised = False

    def __init__(self, squared_distance: bool = True) -> None:
        super().__init__()
        self.squared_distance = squared_distance

    def forward(self, embeddings: Tensor, labels: Tensor, pairs: Pairs, *, value: Tensor) -> Tensor:
        """Embeddings (n, d), value (n,) → scalar."""
        embeddings = at_least_single(embeddings)
        power = 1.0 if self.squared_distance else 0.5
        log_distance = power * squared_distances(embeddings).clamp(min=SMALLEST).log()
        differences = (value[:, None] - value[None, :]).abs().to(embeddings.dtype)
        known = (pairs.positive | pairs.negative) & (differences > SAME_VALUE * differences.max())
        logs = (log_distance - differences.masked_fill(~known, 1.0).log()).masked_fill(~known, 0.0)
        # Σ_{i<j} (x_i − x_j)² = k·Σ (x_i − x̄)² over the k values of a row: no triple is ever formed.
        counts = known.sum(dim=1, keepdim=True).to(logs.dtype)
        deviations = (logs - logs.sum(dim=1, keepdim=True) / counts.clamp(min=1)).masked_fill(~known, 0.0)
        triplets = (counts * (counts - 1)).sum() / 2
        return (counts * deviations.square()).sum() / triplets.clamp(min=1)
