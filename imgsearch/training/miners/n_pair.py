"""N-pair batches (Sohn 2016, "Improved Deep Metric Learning with Multi-class N-pair Loss Objective")."""

from __future__ import annotations

import torch
from torch import Tensor

from imgsearch.training.tuples import Pairs, all_pairs, draw


class NPairMiner:
    """One random pair of each class that has two pictures; an anchor's negatives are the other classes' positives."""

    @torch.no_grad()
    def __call__(self, embeddings: Tensor, labels: Tensor) -> Pairs:
        """Labels (n,) → kept pairs."""
        pairs = all_pairs(labels)
        _, classes = torch.unique(labels, return_inverse=True)
        members = classes[None, :] == torch.arange(int(classes.max()) + 1, device=labels.device)[:, None]
        anchors = draw(members & pairs.positive.any(dim=1))  # −1 for a class of one
        anchors = anchors[anchors >= 0]
        positives = draw(pairs.positive[anchors])
        chosen = torch.zeros_like(pairs.positive)
        chosen[anchors[:, None], positives[None, :]] = True
        return Pairs(pairs.positive & chosen, pairs.negative & chosen)
