"""N-pair loss (Sohn 2016, "Improved Deep Metric Learning with Multi-class N-pair Loss Objective")."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single
from imgsearch.training.tuples import Pairs


class NPairLoss(Loss):
    """Mean over positive pairs (i, p) of log(1 + Σ_n e^(x_i·x_n − x_i·x_p)) + λ/4·(‖x_i‖² + ‖x_p‖²).

    The inner products are of embeddings as the network gives them, not normalised. The first term is the paper's
    (N+1)-tuplet loss, for whatever pairs the miner keeps; its own miner keeps an N-pair batch, one pair a class.

    Args:
        regularisation: λ, which keeps the embeddings short; 0.002, and the factor 1/4, as in TensorFlow's and
            PaddlePaddle's versions. 0 for none.
    """

    kind = Pairs
    miner = "n_pair"
    normalised = False

    def __init__(self, regularisation: float = 0.002) -> None:
        super().__init__()
        self.regularisation = regularisation

    def forward(self, embeddings: Tensor, labels: Tensor, pairs: Pairs) -> Tensor:
        """Embeddings (n, d) as the network gives them → scalar."""
        embeddings = at_least_single(embeddings)
        anchors, partners = (
            masks.any(dim=1).nonzero().flatten() for masks in (pairs.positive, (pairs.positive | pairs.negative).T)
        )
        rows, columns = embeddings.index_select(0, anchors), embeddings.index_select(0, partners)
        products = rows @ columns.T
        kept = Pairs(*(mask.index_select(0, anchors).index_select(1, partners) for mask in pairs))
        anchor, positive = kept.positive.nonzero(as_tuple=True)
        own = products.flatten().index_select(0, anchor * len(partners) + positive)
        # Not −∞, which would leave an anchor without negatives no gradient.
        negatives = products.masked_fill(~kept.negative, torch.finfo(products.dtype).min).logsumexp(dim=1)
        terms = functional.softplus(negatives.index_select(0, anchor) - own)
        lengths = (item.square().sum(dim=1) for item in (rows, columns))
        length = sum(part.index_select(0, which) for part, which in zip(lengths, (anchor, positive), strict=True))
        return (terms + 0.25 * self.regularisation * length).sum() / max(len(anchor), 1)
