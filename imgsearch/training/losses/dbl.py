"""Distance-based logistic loss (Vo & Hays 2016, "Localizing and Orienting Street Views Using Overhead Imagery")."""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn import functional

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single, distances
from imgsearch.training.tuples import Pairs, Triplets


class DistanceBasedLogisticLoss(Loss):
    """Log loss of p = (1 + e^(−m)) / (1 + e^(D−m)), the probability that a pair at distance D is a match.

    The mean over matches of −log p plus the mean over non-matches of −log(1 − p), so that the far more numerous
    non-matches do not drown the matches. With `triplets`, the mean over all triplets of softplus(Dap − Dan), which is
    −log of the probability that the positive is the nearer one. Every tuple of the batch is compared, as published; D
    is not squared, and is that of raw embeddings, since unit ones are never far enough apart for p to come near 0.

    Args:
        margin: m, about the distance at which p is ½; 1 is our choice. Triplets have none.
        triplets: compare triplets rather than pairs.
    """

    kind: type[Pairs | Triplets] = Pairs
    miner = "batch_all"
    normalised = False

    def __init__(self, margin: float = 1.0, triplets: bool = False) -> None:
        super().__init__()
        self.margin = margin
        if triplets:
            self.kind = Triplets

    def forward(self, embeddings: Tensor, labels: Tensor, tuples: Pairs | Triplets) -> Tensor:
        """Embeddings (n, d) of any length → scalar."""
        distance = distances(at_least_single(embeddings))
        if isinstance(tuples, Triplets):
            row = tuples.anchor * len(embeddings)
            gap = distance.take(row + tuples.positive) - distance.take(row + tuples.negative)
            return functional.softplus(gap).sum() / max(len(gap), 1)
        match = functional.softplus(distance - self.margin) - math.log1p(math.exp(-self.margin))
        # 1 − p = (1 − e^(−D)) / (1 + e^(m−D)); its logarithm is infinite at D = 0, which `distances` keeps away from
        non_match = functional.softplus(self.margin - distance) - (-(-distance).expm1()).log()
        return _mean(match, tuples.positive) + _mean(non_match, tuples.negative)


def _mean(terms: Tensor, mask: Tensor) -> Tensor:
    return terms.masked_fill(~mask, 0.0).sum() / mask.sum().clamp(min=1)
