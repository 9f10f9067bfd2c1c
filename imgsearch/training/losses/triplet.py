"""Triplet loss (Schroff, Kalenichenko & Philbin 2015, "FaceNet")."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single, mean_of_positive, root, squared_distances
from imgsearch.training.tuples import Triplets


class TripletLoss(Loss):
    """Mean over the triplets that are not 0 of [D²ap − D²an + m]₊, D the Euclidean distance.

    Args:
        margin: m, 0.2 as published; None for softplus(D²ap − D²an), the "soft margin" of Hermans et al. 2017, and the
            mean over all triplets, of which none is 0.
        squared: whether distances are squared, as published; False for D itself, as Hermans et al. do.
    """

    kind = Triplets
    miner = "semi_hard"

    def __init__(self, margin: float | None = 0.2, squared: bool = True) -> None:
        super().__init__()
        self.margin, self.squared = margin, squared

    def forward(self, embeddings: Tensor, labels: Tensor, triplets: Triplets) -> Tensor:
        """Embeddings (n, d) unit rows → scalar."""
        squares = squared_distances(at_least_single(embeddings))
        distance = squares if self.squared else root(squares)
        row = triplets.anchor * len(embeddings)
        # take, since the backward of distance[anchor, positive] is slow for the many triplets of a whole batch
        gap = distance.take(row + triplets.positive) - distance.take(row + triplets.negative)
        if self.margin is None:
            return functional.softplus(gap).sum() / max(len(gap), 1)
        terms = (gap + self.margin).relu()
        self.count_active(terms)
        return mean_of_positive(terms)
