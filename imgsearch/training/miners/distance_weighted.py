"""Distance-weighted sampling (Wu et al. 2017, "Sampling Matters in Deep Embedding Learning")."""

from __future__ import annotations

import torch
from torch import Tensor

from imgsearch.errors import UserError
from imgsearch.training.numerics import at_least_single, distances
from imgsearch.training.tuples import Triplets, all_pairs


class DistanceWeightedMiner:
    """For each positive pair one negative, drawn with P(n|a) ∝ min(λ, q(D)⁻¹).

    log q(D)⁻¹ = (2 − d)·log D − ((d − 3)/2)·log(1 − D²/4), q being how densely distances D lie on the sphere of d
    dimensions. The bound λ is q⁻¹ at the distance `cutoff`, to which smaller distances are raised: up to √2, q⁻¹ only
    falls. Weights are relative to each row's own largest, lest one close pair make all others' round to 0.

    An anchor that has negatives beyond the limit alone takes one of them, all equally likely, as the paper's authors
    do: its positives still have to come nearer.

    Args:
        cutoff: the distance below which negatives are no likelier; 0.5 as published.
        limit: the distance from which on negatives are not drawn, since the loss no longer sees them; 1.4 as published.

    Raises:
        UserError: not 0 < cutoff < limit < 2.
    """

    def __init__(self, cutoff: float = 0.5, limit: float = 1.4) -> None:
        if not 0 < cutoff < limit < 2:
            raise UserError(f"miner distance_weighted: 0 < cutoff < limit < 2 must hold, not {cutoff} and {limit}")
        self.cutoff, self.limit = cutoff, limit

    @torch.no_grad()
    def __call__(self, embeddings: Tensor, labels: Tensor) -> Triplets:
        """Embeddings (n, d) unit rows, labels (n,) → triplets (t,), one for each positive pair."""
        pairs = all_pairs(labels)
        weights = self.weights(at_least_single(embeddings), pairs.negative)
        anchor, positive = pairs.positive.nonzero(as_tuple=True)
        so_far = weights.cumsum(dim=1)
        # In (0, sum], so that what has no weight is never hit.
        level = (1.0 - torch.rand(len(anchor), 1, device=weights.device)) * so_far[anchor, -1:]
        negative = torch.searchsorted(so_far.index_select(0, anchor), level).squeeze(1).clamp(max=len(labels) - 1)
        found = weights[anchor, negative] > 0
        return Triplets(anchor[found], positive[found], negative[found])

    def weights(self, embeddings: Tensor, negative: Tensor) -> Tensor:
        """Unit rows (n, d) and which are negatives (n, n) → weights (n, n), 0 for all others."""
        dimension, apart = embeddings.shape[1], distances(embeddings)
        within = negative & (apart < self.limit)
        apart = apart.clamp(self.cutoff, self.limit)
        logarithms = (2.0 - dimension) * apart.log() - (dimension - 3.0) / 2.0 * (-apart.square() / 4.0).log1p()
        logarithms = logarithms.masked_fill(~within, float("-inf"))
        weights = (logarithms - logarithms.amax(dim=1, keepdim=True)).exp()
        return torch.where(within.any(dim=1, keepdim=True), weights, negative.to(weights.dtype))
