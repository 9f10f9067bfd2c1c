"""Multi-similarity loss (Wang et al. 2019, "Multi-Similarity Loss with General Pair Weighting")."""

from __future__ import annotations

from torch import Tensor

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single, log_one_plus_sum_exp
from imgsearch.training.tuples import Pairs


class MultiSimilarityLoss(Loss):
    """Mean over anchors of (1/α)·log(1 + Σ_P e^(−α(S−λ))) + (1/β)·log(1 + Σ_N e^(β(S−λ))), S the cosine similarity.

    The sums run over the pairs that the miner kept; anchors without any are in the mean with 0, as published.

    Args:
        alpha: α, of the positives.
        beta: β, of the negatives.
        base: λ.
    """

    kind = Pairs
    miner = "multi_similarity"

    def __init__(self, alpha: float = 2.0, beta: float = 50.0, base: float = 0.5) -> None:
        super().__init__()
        self.alpha, self.beta, self.base = alpha, beta, base

    def forward(self, embeddings: Tensor, labels: Tensor, pairs: Pairs) -> Tensor:
        """Embeddings (n, d) unit rows → scalar."""
        embeddings = at_least_single(embeddings)
        shifted = embeddings @ embeddings.T - self.base
        attraction = log_one_plus_sum_exp(-self.alpha * shifted, pairs.positive) / self.alpha
        repulsion = log_one_plus_sum_exp(self.beta * shifted, pairs.negative) / self.beta
        return (attraction + repulsion).mean()
