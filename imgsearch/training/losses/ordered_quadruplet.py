"""Ordered quadruplet loss (Son et al. 2017, "Multi-Object Tracking with Quadruplet Convolutional Neural Networks")."""

from __future__ import annotations

import torch
from torch import Tensor

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single, mean_of_positive, squared_distances
from imgsearch.training.tuples import all_pairs


class OrderedQuadrupletLoss(Loss):
    """α·[D²(a,t₁) − D²(a,t₂) + δ₁]₊ + β·[D²(a,t₂) − D²(a,n) + δ₂]₊: what is nearer in time is to be nearer.

    t₁ and t₂ are pictures of the anchor's class, t₁ strictly nearer to it in the order; n is any picture of another
    class. Every such (a, t₁, t₂) and every (a, t₂, n) of the batch counts once; each hinge is averaged over its own
    non-zero terms. A class takes part with three pictures or more.

    Frame numbers of different films say nothing of each other: where the table has a sequence for each picture, t₁ and
    t₂ are of the anchor's, and any picture of the class in another sequence joins the second term as t₂.

    Args:
        margin_order: δ₁; the value is ours.
        margin_class: δ₂; 0.2, the triplet loss's.
        weight_order: α.
        weight_class: β.
    """

    inputs = ("order",)
    also = ("sequence",)

    def __init__(
        self,
        margin_order: float = 0.05,
        margin_class: float = 0.2,
        weight_order: float = 1.0,
        weight_class: float = 1.0,
    ) -> None:
        super().__init__()
        self.margin_order, self.margin_class = margin_order, margin_class
        self.weight_order, self.weight_class = weight_order, weight_class

    def forward(
        self,
        embeddings: Tensor,
        labels: Tensor,
        tuples: None = None,
        *,
        order: Tensor,
        sequence: Tensor | None = None,
    ) -> Tensor:
        """Embeddings (n, d) unit rows, labels (n,), order (n,) such as frame numbers, sequence (n,) → scalar."""
        squares = squared_distances(at_least_single(embeddings))
        flat, count = squares.flatten(), len(squares)
        positives, negatives = all_pairs(labels)
        gaps = (order[:, None] - order[None, :]).abs()
        together = torch.ones_like(positives) if sequence is None else sequence[:, None] == sequence[None, :]
        apart = positives & ~together

        # One row for each positive pair (a, t₂) that has a nearer t₁, so that nothing is as large as n³.
        anchor, farther = positives.nonzero(as_tuple=True)
        nearer = (positives & together)[anchor] & (gaps[anchor] < gaps[anchor, farther][:, None])
        nearer &= together[anchor, farther][:, None]
        kept = (nearer.any(dim=1) | apart[anchor, farther]).nonzero().squeeze(1)
        anchor, farther, nearer = anchor[kept], farther[kept], nearer[kept]
        far = flat.index_select(0, anchor * count + farther)

        row, near = nearer.nonzero(as_tuple=True)
        near_square = flat.index_select(0, anchor[row] * count + near)
        in_order = (near_square - far.index_select(0, row) + self.margin_order).relu()
        excess = far[:, None] - squares.index_select(0, anchor) + self.margin_class
        in_class = excess.masked_fill(~negatives[anchor], 0.0).relu()
        self.count_active(torch.cat([in_order, in_class[negatives[anchor]]]))
        return self.weight_order * mean_of_positive(in_order) + self.weight_class * mean_of_positive(in_class)
