"""Magnet loss (Rippel et al. 2016, "Metric Learning with Adaptive Density Discrimination")."""

from __future__ import annotations

import torch
from torch import Tensor

from imgsearch.training.clusters import clusters_of_classes
from imgsearch.training.loss import Loss
from imgsearch.training.numerics import SMALLEST, at_least_single, squared_distances


class MagnetLoss(Loss):
    """Mean over pictures of [‖r−μ‖²/2σ² + α + log Σ e^(−‖r−μ′‖²/2σ²)]₊.

    μ is the mean of the picture's cluster, μ′ those of the clusters of other classes. A picture belongs to the nearest
    of its class's centres, which k-means finds anew before every epoch; before the first, a class is one cluster. The
    means and σ² = Σ‖r−μ‖²/(n−1) are the batch's own and carry gradients. A picture without clusters of another class
    in the batch counts as 0.

    Args:
        classes: number of training classes.
        dimension: length of the embeddings.
        clusters: K of each class, fewer for a class of fewer pictures; the sampler `magnet` takes the same option.
        alpha: α, the gap between clusters; the paper tunes it for each data set, public implementations take 1.
    """

    sampler = "magnet"
    wants_pool = True
    centres: Tensor
    valid: Tensor

    def __init__(self, classes: int, dimension: int, clusters: int = 3, alpha: float = 1.0) -> None:
        super().__init__()
        self.clusters, self.alpha = clusters, alpha
        self.register_buffer("centres", torch.zeros(classes, clusters, dimension))
        self.register_buffer("valid", torch.arange(clusters).expand(classes, clusters) == 0)

    def refresh(self, embeddings: Tensor, labels: Tensor) -> None:
        """Find the clusters of every class again."""
        rows = at_least_single(embeddings.detach()).cpu().numpy()
        self.valid.copy_(torch.arange(self.clusters) == 0)
        for number, found in enumerate(
            clusters_of_classes(rows, labels.cpu().numpy(), self.clusters)[: len(self.valid)]
        ):
            self.valid[number, 1 : len(found.centres)] = True
            self.centres[number, : len(found.centres)] = torch.from_numpy(found.centres)

    def forward(self, embeddings: Tensor, labels: Tensor, tuples: None = None) -> Tensor:
        """Embeddings (n, d) unit rows, labels (n,) in [0, classes) → scalar."""
        embeddings, count = at_least_single(embeddings), len(embeddings)
        cluster = labels * self.clusters + self._nearest(embeddings.detach(), labels)
        together = cluster[:, None] == cluster[None, :]
        weights = together.to(embeddings.dtype)
        means = weights @ embeddings / weights.sum(dim=1, keepdim=True)
        own = (embeddings - means).square().sum(dim=1)
        doubled = 2.0 * (own.sum() / max(count - 1, 1)).clamp(min=SMALLEST)
        # Every row of `means` is a picture's own cluster; one picture stands for each cluster.
        stands_for_it = together.int().argmax(dim=1) == torch.arange(count, device=labels.device)
        impostor = (labels[:, None] != labels[None, :]) & stands_for_it[None, :]
        exponents = (-squared_distances(embeddings, means) / doubled).masked_fill(~impostor, float("-inf"))
        terms = (own / doubled + self.alpha + exponents.logsumexp(dim=1)).relu()
        self.count_active(terms)
        return terms.mean()

    def _nearest(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        squares = (embeddings[:, None, :] - self.centres[labels]).square().sum(dim=2)
        return squares.masked_fill(~self.valid[labels], float("inf")).argmin(dim=1)
