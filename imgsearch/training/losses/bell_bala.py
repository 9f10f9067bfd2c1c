"""Contrastive loss of product design (Bell & Bala 2015, "Learning Visual Similarity for Product Design with CNNs")."""

from __future__ import annotations

from torch import Tensor

from imgsearch.training.losses.contrastive import ContrastiveLoss


class BellBalaLoss(ContrastiveLoss):
    """D² for a match and [m² − D²]₊ for a non-match: contrastive loss with the margin in squared distance, without ½.

    The mean over the matches that are not 0 plus the mean over the non-matches that are not 0, as in `ContrastiveLoss`.

    Args:
        margin: m, the distance beyond which a non-match costs nothing; 1 as in `ContrastiveLoss`.
    """

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__(margin)

    def terms(self, squares: Tensor) -> tuple[Tensor, Tensor]:
        """D² (n, n) → what every pair would cost as a match and as a non-match, (n, n) each."""
        return squares, (self.margin**2 - squares).relu()
