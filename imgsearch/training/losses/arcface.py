"""ArcFace (Deng et al. 2019, "ArcFace: Additive Angular Margin Loss for Deep Face Recognition")."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from imgsearch.training.numerics import at_least_single, root
from imgsearch.training.proxies import ProxyLoss


class ArcFaceLoss(ProxyLoss):
    """Cross-entropy over s·cos θ to one learned unit proxy a class, with s·cos(θ + m) for the picture's own class.

    cos(θ + m) is cos θ·cos m − √(1 − cos²θ)·sin m. Beyond θ = π − m, where it would rise again, cos θ − m·sin m takes
    its place, as in the authors' code; the logit jumps there.

    Args:
        classes: number of training classes.
        dimension: length of the embeddings.
        scale: s; 64 as published.
        margin: m in radians; 0.5 as published.
    """

    def __init__(self, classes: int, dimension: int, scale: float = 64.0, margin: float = 0.5) -> None:
        super().__init__(classes, dimension)
        self.scale, self.margin = scale, margin

    def forward(self, embeddings: Tensor, labels: Tensor, tuples: None = None) -> Tensor:
        """Embeddings (n, d) unit rows, labels (n,) in [0, classes) → scalar."""
        cosines = at_least_single(embeddings) @ functional.normalize(self.proxies, dim=1).T
        self.count_misplaced(cosines, labels)
        own = cosines.gather(1, labels[:, None])
        sine = root(1 - own.square())
        shifted = own * math.cos(self.margin) - sine * math.sin(self.margin)
        beyond = own < -math.cos(self.margin)
        target = torch.where(beyond, own - self.margin * math.sin(self.margin), shifted)
        return functional.cross_entropy(self.scale * cosines.scatter(1, labels[:, None], target), labels)
