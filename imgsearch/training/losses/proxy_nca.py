"""ProxyNCA++ (Teh et al. 2020, "ProxyNCA++: Revisiting and Revitalizing Proxy Neighborhood Component Analysis")."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from imgsearch.training.numerics import at_least_single
from imgsearch.training.proxies import ProxyLoss


class ProxyNCALoss(ProxyLoss):
    """Mean of −log(e^(−‖s·x−s·p_y‖²) / Σ_c e^(−‖s·x−s·p_c‖²)), p one learned unit proxy a class.

    Unlike in the first ProxyNCA, the proxy of the own class is in the denominator too. As published, the scale s
    lengthens the vectors, so that it is squared in the exponent: pytorch-metric-learning's `softmax_scale` is s².

    Args:
        classes: number of training classes.
        dimension: length of the embeddings.
        scale: s; 3 as published, a temperature of 1/9.
    """

    def __init__(self, classes: int, dimension: int, scale: float = 3.0) -> None:
        super().__init__(classes, dimension)
        self.scale = scale

    def forward(self, embeddings: Tensor, labels: Tensor, tuples: None = None) -> Tensor:
        """Embeddings (n, d) unit rows, labels (n,) in [0, classes) → scalar."""
        similarities = at_least_single(embeddings) @ functional.normalize(self.proxies, dim=1).T
        self.count_misplaced(similarities, labels)
        # −‖sx − sp‖² = 2s²·x·p − s²‖x‖² − s²‖p‖², and the squares are the same for all proxies.
        return functional.cross_entropy(2 * self.scale**2 * similarities, labels)
