"""Quadruplet loss (Chen et al. 2017, "Beyond triplet loss: a deep quadruplet network for person re-identification")."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single, mean_of_positive
from imgsearch.training.tuples import Quadruplets, all_pairs


class QuadrupletLoss(Loss):
    """[g²(a,p) − g²(a,n) + α₁]₊ + [g²(a,p) − g²(n,n′) + α₂]₊, g a learned dissimilarity, n′ of a third class.

    Each of the two hinges is averaged over its own non-zero terms; the two means are added. g is the second output of a
    2-way softmax after a fully connected layer. That layer is fed the squared differences and the products of the two
    embeddings, number by number, so that g is symmetric and all pairs cost one matrix product. It starts as
    σ(2·(D² − 1)), ½ at an angle of 60°. An index searches by cosine; `dissimilarity` is there for re-ranking.

    Args:
        dimension: length of the embeddings.
        weight_first: w of α₁ = w·(mean g² of the batch's negative pairs − that of its positive pairs), which has no
            gradient and is never below 0; 1 as published.
        weight_second: the same of α₂; 0.5 as published.
        adaptive: False makes the two weights themselves the margins.
    """

    kind = Quadruplets
    miner = "batch_all"

    def __init__(
        self, dimension: int, weight_first: float = 1.0, weight_second: float = 0.5, adaptive: bool = True
    ) -> None:
        super().__init__()
        self.weight_first, self.weight_second, self.adaptive = weight_first, weight_second, adaptive
        self.layer = nn.Linear(2 * dimension, 2)
        with torch.no_grad():
            self.layer.weight.zero_()
            self.layer.weight[:, :dimension] = torch.tensor([[-1.0], [1.0]])
            self.layer.bias.copy_(torch.tensor([1.0, -1.0]))

    def forward(self, embeddings: Tensor, labels: Tensor, quadruplets: Quadruplets) -> Tensor:
        """Embeddings (n, d) unit rows, labels (n,) → scalar."""
        embeddings = at_least_single(embeddings)
        squares = self.dissimilarity(embeddings, embeddings).square()
        margin = self._separation(squares, labels) if self.adaptive else 1.0
        flat, count = squares.flatten(), len(squares)
        anchor, positive, negative, other = quadruplets
        together = flat.index_select(0, anchor * count + positive)
        apart = together - flat.index_select(0, anchor * count + negative)
        elsewhere = together - flat.index_select(0, negative * count + other)
        first = (apart + self.weight_first * margin).relu()
        second = (elsewhere + self.weight_second * margin).relu()
        self.count_active(torch.cat([first, second]))
        return mean_of_positive(first) + mean_of_positive(second)

    def dissimilarity(self, first: Tensor, second: Tensor) -> Tensor:
        """g of all rows (n, d), (m, d) → (n, m), in (0, 1)."""
        # A 2-way softmax is the logistic function of the difference of its two inputs, and
        # Σ w(x−y)² + Σ v·x·y = Σ w·x² + Σ w·y² + Σ (v−2w)·x·y needs no (n, m, d).
        of_difference, of_product = (self.layer.weight[1] - self.layer.weight[0]).chunk(2)
        own, theirs = first.square() @ of_difference, second.square() @ of_difference
        offset = own[:, None] + theirs[None, :] + (self.layer.bias[1] - self.layer.bias[0])
        return torch.addmm(offset, first * (of_product - 2.0 * of_difference), second.T).sigmoid()

    @staticmethod
    @torch.no_grad()
    def _separation(squares: Tensor, labels: Tensor) -> Tensor:
        positive, negative = (_mean(squares, mask) for mask in all_pairs(labels))
        return (negative - positive).clamp(min=0.0)


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    return (values * mask).sum() / mask.sum().clamp(min=1)
