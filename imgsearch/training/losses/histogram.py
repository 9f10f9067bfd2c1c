"""Histogram loss (Ustinova & Lempitsky 2016, "Learning Deep Embeddings with Histogram Loss")."""

from __future__ import annotations

from torch import Tensor

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single


class HistogramLoss(Loss):
    """Σ_r h⁻_r · Σ_{q≤r} h⁺_q: how probably a random negative pair is as similar as a random positive one, or more.

    h⁺ and h⁻ are the histograms of the cosine similarities of the batch's positive and negative pairs, each summing
    to 1. As published, the R bins are nodes from −1 to 1, Δ = 2/(R − 1) apart, and a pair is shared linearly between
    the two nodes around it. (pytorch-metric-learning counts the intervals instead, one fewer.)

    Args:
        bins: R.
    """

    def __init__(self, bins: int = 100) -> None:
        super().__init__()
        self.bins = bins

    def forward(self, embeddings: Tensor, labels: Tensor, tuples: None = None) -> Tensor:
        """Embeddings (n, d) unit rows, labels (n,) → scalar."""
        embeddings = at_least_single(embeddings)
        # Each pair is here twice, which cancels when the histograms are normalised; group 2 is thrown away.
        groups = (labels[:, None] == labels[None, :]).long().fill_diagonal_(2)
        negative, positive, _ = soft_histograms(embeddings @ embeddings.T, groups, 3, self.bins)
        return (_share(negative) * _share(positive).cumsum(dim=0)).sum()


def soft_histograms(similarities: Tensor, groups: Tensor, count: int, bins: int) -> Tensor:
    """One histogram over [−1, 1] a group, (count, bins); similarities and their groups of any one shape.

    A similarity is shared linearly between the two nodes around it; what rounding put beyond an end counts as the end.
    """
    position = (similarities.flatten() + 1).mul(0.5 * (bins - 1)).clamp(min=0.0, max=bins - 1.0)
    # The last node closes the last interval: a similarity of 1, any duplicate's, opens none of its own.
    below = position.detach().long().clamp(max=bins - 2)
    upper = position - below
    cell = groups.flatten() * bins + below
    empty = position.new_zeros(count * bins)
    return empty.scatter_add(0, cell, 1 - upper).scatter_add(0, cell + 1, upper).view(count, bins)


def _share(histogram: Tensor) -> Tensor:
    """Scaled to a sum of 1; all 0 stays so."""
    return histogram / histogram.sum().detach().clamp(min=1.0)
