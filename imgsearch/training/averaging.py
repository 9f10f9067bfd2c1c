"""Weight averaging: an exponential moving average of a network along its run (Polyak & Juditsky 1992).

It retrieves better than the last weights, and is steadier from epoch to epoch.
"""

from __future__ import annotations

import copy

import torch

from imgsearch.training.embedder import Embedder


class AveragedEmbedder:
    """The average of an embedder over about the last `horizon` steps, and over all of them while there are fewer."""

    def __init__(self, embedder: Embedder, horizon: float) -> None:
        self.embedder = copy.deepcopy(embedder)
        """The network with the averaged weights and batch statistics."""
        self.horizon = max(1.0, horizon)

    @torch.no_grad()
    def update(self, embedder: Embedder, step: int) -> None:
        """Take in the weights after `step` (counted from 1)."""
        newest = 1.0 / min(self.horizon, (step + 9) / 10)  # the first weights are far from where they will go
        theirs = embedder.state_dict()
        for name, mine in self.embedder.state_dict().items():
            if mine.is_floating_point():
                mine.lerp_(theirs[name], newest)
            else:
                mine.copy_(theirs[name])
