"""Margin loss (Wu, Manmatha, Smola & Krähenbühl 2017, "Sampling Matters in Deep Embedding Learning")."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single, distances, mean_of_positive
from imgsearch.training.tuples import Pairs


class MarginLoss(Loss):
    """[α + y·(D − β)]₊ with y = 1 for a match and −1 for a non-match: sum over all pairs / number that are not 0.

    β, the boundary between matches and non-matches, is learned. A pair counts once for each of its two anchors that the
    miner gave it, however many of the mined triplets it stands in.

    Args:
        classes: number of training classes.
        alpha: α, half the width of the gap around the boundary; 0.2 as published.
        beta: β to start from; 1.2 as published.
        per_class: learn a β for each class, the anchor's being taken, rather than one for all.
    """

    kind = Pairs
    miner = "distance_weighted"

    def __init__(self, classes: int, alpha: float = 0.2, beta: float = 1.2, per_class: bool = False) -> None:
        super().__init__()
        self.alpha, self.per_class = alpha, per_class
        self.beta = nn.Parameter(torch.full((classes if per_class else 1,), float(beta)))

    def forward(self, embeddings: Tensor, labels: Tensor, pairs: Pairs) -> Tensor:
        """Embeddings (n, d) unit rows, labels (n,) in [0, classes) → scalar."""
        beyond = distances(at_least_single(embeddings)) - (self.beta[labels, None] if self.per_class else self.beta)
        attraction = (self.alpha + beyond).relu().masked_fill(~pairs.positive, 0.0)
        repulsion = (self.alpha - beyond).relu().masked_fill(~pairs.negative, 0.0)
        terms = attraction + repulsion
        self.count_active(terms.detach()[pairs.positive | pairs.negative])
        return mean_of_positive(terms)
