"""Hierarchical triplet loss (Ge et al. 2018, "Deep Metric Learning with Hierarchical Triplet Loss")."""

from __future__ import annotations

import torch
from torch import Tensor

from imgsearch.training import class_tree
from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single, mean_of_positive, root, squared_distances
from imgsearch.training.tuples import Triplets


class HierarchicalTripletLoss(Loss):
    """½·[D²(a,p) − D²(a,n) + α_z]₊, α_z = β + d_H − s: a margin from the level H at which the two classes merge.

    d_H is that level's threshold and s the spread of the anchor's class, from a tree of the classes that is built
    before every epoch; before the first, α_z = 0.2. The mean over the non-zero terms.

    Args:
        classes: number of training classes.
        beta: β; 0.1 as published.
        levels: L of the tree; 16 as published.
        squared: False takes D instead of D² in the hinge, as one source writes it; the tree is of D² either way.
    """

    kind = Triplets
    miner = "batch_all"
    sampler = "hierarchical"
    wants_pool = True
    merge_levels: Tensor
    thresholds: Tensor
    spreads: Tensor

    def __init__(self, classes: int, beta: float = 0.1, levels: int = 16, squared: bool = True) -> None:
        super().__init__()
        self.beta, self.squared = beta, squared
        self.register_buffer("merge_levels", torch.zeros(classes, classes, dtype=torch.uint8))
        self.register_buffer("thresholds", torch.full((levels + 1,), 0.2 - beta))  # so that α_z = 0.2 without a tree
        self.register_buffer("spreads", torch.zeros(classes))

    def refresh(self, embeddings: Tensor, labels: Tensor) -> None:
        """Build the tree again."""
        rows = at_least_single(embeddings.detach()).cpu().numpy()
        tree = class_tree.build(rows, labels.cpu().numpy(), len(self.spreads), len(self.thresholds) - 1)
        self.merge_levels.copy_(torch.from_numpy(tree.levels))
        self.thresholds.copy_(torch.from_numpy(tree.thresholds))
        self.spreads.copy_(torch.from_numpy(tree.spreads))

    def forward(self, embeddings: Tensor, labels: Tensor, triplets: Triplets) -> Tensor:
        """Embeddings (n, d) unit rows, labels (n,) in [0, classes) → scalar."""
        distances = squared_distances(at_least_single(embeddings))
        distances = distances if self.squared else root(distances)
        levels = self.merge_levels[labels].index_select(1, labels).long()
        margins = self.beta + self.thresholds[levels] - self.spreads[labels][:, None]
        count = len(distances)
        near = distances.flatten().index_select(0, triplets.anchor * count + triplets.positive)
        far = (distances - margins).flatten().index_select(0, triplets.anchor * count + triplets.negative)
        terms = 0.5 * (near - far).relu()
        self.count_active(terms)
        return mean_of_positive(terms)
