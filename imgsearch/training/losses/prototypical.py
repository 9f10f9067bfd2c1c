"""Prototypical loss (Snell et al. 2017, "Prototypical Networks for Few-shot Learning")."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single, squared_distances


class PrototypicalLoss(Loss):
    """−log softmax over the batch's classes of −‖z − class mean‖²/T, of the picture's own class.

    Every picture is a query once, and its own class's mean is then that of the class's other pictures: the episode
    that leaves one out, the same in any order. A lone picture is no query, only a class mean that the others have to
    tell from theirs. The mean over the queries.

    Args:
        cosine: cosine similarities to the re-normalised means of unit rows, divided by T, instead of −D²/T.
        temperature: T; 1 as published.
    """

    normalised = False

    def __init__(self, cosine: bool = False, temperature: float = 1.0) -> None:
        super().__init__()
        self.cosine, self.temperature = cosine, temperature

    def forward(self, embeddings: Tensor, labels: Tensor, tuples: None = None) -> Tensor:
        """Embeddings (n, d), labels (n,) → scalar."""
        embeddings = at_least_single(embeddings)
        if self.cosine:
            embeddings = functional.normalize(embeddings, dim=1)
        same = labels[:, None] == labels[None, :]
        sizes = same.sum(dim=1, keepdim=True)
        sums = same.to(embeddings.dtype) @ embeddings
        means, others_means = sums / sizes, (sums - embeddings) / (sizes - 1).clamp(min=1)
        # Every row of `means` is a picture's own class; one picture stands for each class.
        stands_for_it = same.int().argmax(dim=1) == torch.arange(len(labels), device=labels.device)
        if self.cosine:
            means, others_means = functional.normalize(means, dim=1), functional.normalize(others_means, dim=1)
            own, others = (embeddings * others_means).sum(dim=1), embeddings @ means.T
        else:
            own, others = -(embeddings - others_means).square().sum(dim=1), -squared_distances(embeddings, means)
        others = others.masked_fill(same | ~stands_for_it[None, :], float("-inf"))
        logits = torch.cat([own[:, None], others], dim=1) / self.temperature
        terms = logits.logsumexp(dim=1) - logits[:, 0]
        queries = sizes.squeeze(1) > 1
        return terms.masked_fill(~queries, 0.0).sum() / queries.sum().clamp(min=1)
