"""Easy, semi-hard and hard negatives (Schroff et al. 2015, "FaceNet: A Unified Embedding for Face Recognition and
Clustering"): for every positive pair of the batch one random negative whose distance lies in a band."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from imgsearch.training.numerics import at_least_single, squared_distances
from imgsearch.training.tuples import Triplets, all_pairs, draw


class BandMiner(ABC):
    """One negative for each pair of an anchor and a positive, all in the band equally likely.

    Distances are squared, as FaceNet's. A pair whose band is empty is left out.

    Args:
        margin: m of the band's bound; 0.2 as published.
    """

    def __init__(self, margin: float = 0.2) -> None:
        self.margin = margin

    @torch.no_grad()
    def __call__(self, embeddings: Tensor, labels: Tensor) -> Triplets:
        """Embeddings (n, d) unit rows, labels (n,) → triplets (t,), at most one for each positive pair."""
        squares = squared_distances(at_least_single(embeddings))
        pairs = all_pairs(labels)
        anchor, positive = pairs.positive.nonzero(as_tuple=True)
        to_positive = squares[anchor, positive][:, None]
        # What is no negative is no distance away: comparisons with it are all false.
        to_negative = squares.masked_fill(~pairs.negative, float("nan")).index_select(0, anchor)
        negative = self.choose(to_positive, to_negative)
        found = negative >= 0
        return Triplets(anchor[found], positive[found], negative[found])

    @abstractmethod
    def choose(self, to_positive: Tensor, to_negative: Tensor) -> Tensor:
        """D²ap (t, 1), D²an (t, n) with NaN for no negative → columns (t,), −1 for none."""


class EasyMiner(BandMiner):
    """Negatives with D²an ≥ D²ap + m, which a hinge with this margin is already content with."""

    def choose(self, to_positive: Tensor, to_negative: Tensor) -> Tensor:
        """Draw from beyond the margin."""
        return draw(to_negative >= to_positive + self.margin)


class SemiHardMiner(BandMiner):
    """Negatives with D²ap < D²an < D²ap + m: beyond the positive, but not by the margin.

    Where the band is empty the nearest negative beyond the positive is taken, and where all are nearer than the
    positive the farthest of them. So no positive pair starves, least of all the worst ones, and yet the hardest
    negatives, which make embeddings collapse, are never sought.

    Args:
        margin: m; 0.2 as published.
        fallback: False leaves out the pairs whose band is empty.
    """

    def __init__(self, margin: float = 0.2, fallback: bool = True) -> None:
        super().__init__(margin)
        self.fallback = fallback

    def choose(self, to_positive: Tensor, to_negative: Tensor) -> Tensor:
        """Draw from the band, or take what comes next to it."""
        beyond = to_negative > to_positive
        drawn = draw(beyond & (to_negative < to_positive + self.margin))
        if not self.fallback:
            return drawn
        nearest = to_negative.masked_fill(~beyond, float("inf")).min(dim=1)
        farthest = to_negative.nan_to_num(nan=-1.0).max(dim=1)
        instead = torch.where(nearest.values < float("inf"), nearest.indices, farthest.indices)
        return torch.where(drawn >= 0, drawn, torch.where(farthest.values >= 0, instead, -1))


class HardMiner(BandMiner):
    """Negatives with D²an < D²ap: nearer than the positive; the margin plays no part."""

    def __init__(self) -> None:
        super().__init__()

    def choose(self, to_positive: Tensor, to_negative: Tensor) -> Tensor:
        """Draw from the nearer ones."""
        return draw(to_negative < to_positive)
