"""Contrastive loss (Hadsell, Chopra & LeCun 2006, "Dimensionality Reduction by Learning an Invariant Mapping")."""

from __future__ import annotations

from torch import Tensor

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import SMALLEST, at_least_single, mean_of_positive, root, squared_distances
from imgsearch.training.tuples import Pairs


class ContrastiveLoss(Loss):
    """½·D² for a match and ½·[m − D]₊² for a non-match; with `squared=False`, D and [m − D]₊.

    The mean over the matches that are not 0 plus the mean over the non-matches that are not 0: one mean over all would
    drown the matches in the far more numerous non-matches. Two copies of one picture are a match of 0.

    Args:
        margin: m, the distance beyond which a non-match costs nothing; 1 by custom, the paper leaves it open.
        squared: the published form, with ½ and the squares outside the hinge.
    """

    kind = Pairs
    miner = "batch_all"

    def __init__(self, margin: float = 1.0, squared: bool = True) -> None:
        super().__init__()
        self.margin, self.squared = margin, squared

    def forward(self, embeddings: Tensor, labels: Tensor, pairs: Pairs) -> Tensor:
        """Embeddings (n, d) unit rows → scalar."""
        squares = squared_distances(at_least_single(embeddings))
        attraction, repulsion = self.terms(squares)
        attraction = attraction.masked_fill(~pairs.positive | (squares <= SMALLEST), 0.0)
        repulsion = repulsion.masked_fill(~pairs.negative, 0.0)
        self.count_active((attraction.detach() + repulsion.detach())[pairs.positive | pairs.negative])
        return mean_of_positive(attraction) + mean_of_positive(repulsion)

    def terms(self, squares: Tensor) -> tuple[Tensor, Tensor]:
        """D² (n, n) → what every pair would cost as a match and as a non-match, (n, n) each."""
        distance = root(squares)
        hinge = (self.margin - distance).relu()
        return (squares / 2, hinge.square() / 2) if self.squared else (distance, hinge)


class HingeEmbeddingLoss(ContrastiveLoss):
    """D for a match and [C − D]₊ for a non-match: contrastive loss, not squared, by its name in descriptor learning.

    Simo-Serra et al. 2015, "Discriminative Learning of Deep Convolutional Feature Point Descriptors".

    Args:
        margin: C; 1 as in `torch.nn.HingeEmbeddingLoss`.
    """

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__(margin, squared=False)
