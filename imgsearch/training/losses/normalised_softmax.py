"""Normalised softmax (Zhai & Wu 2019, "Classification is a Strong Baseline for Deep Metric Learning")."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from imgsearch.training.numerics import at_least_single
from imgsearch.training.proxies import ProxyLoss


class NormalisedSoftmaxLoss(ProxyLoss):
    """Cross-entropy over cosine similarities to one learned proxy a class, divided by a temperature.

    Args:
        classes: number of training classes.
        dimension: length of the embeddings.
        temperature: the softmax's; 0.05 as published.
        smoothing: label smoothing, 0 as published.
    """

    def __init__(self, classes: int, dimension: int, temperature: float = 0.05, smoothing: float = 0.0) -> None:
        super().__init__(classes, dimension)
        self.temperature, self.smoothing = temperature, smoothing

    def forward(self, embeddings: Tensor, labels: Tensor, tuples: None = None) -> Tensor:
        """Embeddings (n, d) unit rows, labels (n,) in [0, classes) → scalar."""
        similarities = at_least_single(embeddings) @ functional.normalize(self.proxies, dim=1).T
        self.count_misplaced(similarities, labels)
        return functional.cross_entropy(similarities / self.temperature, labels, label_smoothing=self.smoothing)
