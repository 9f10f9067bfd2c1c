"""N-pair batches (Sohn 2016, "Improved Deep Metric Learning with Multi-class N-pair Loss Objective")."""

from __future__ import annotations

import torch
from torch import Tensor

from imgsearch.training.tuples import Pairs


class NPairMiner:
    """One random pair of each class that has two pictures; an anchor's negatives are the other classes' positives."""

    @torch.no_grad()
    def __call__(self, embeddings: Tensor, labels: Tensor) -> Pairs:
        """Labels (n,) → kept pairs."""
        shuffled = torch.randperm(len(labels), device=labels.device)
        order = shuffled[labels[shuffled].argsort(stable=True)]  # by class, within a class at random
        classes = labels[order]
        same = classes[1:] == classes[:-1]
        first = torch.cat([torch.ones_like(same[:1]), ~same[:-1]]) & same  # the first of a class, if there is a second
        anchors, positives = order[:-1][first], order[1:][first]
        masks = torch.zeros(2, len(labels), len(labels), dtype=torch.bool, device=labels.device)
        masks[1, anchors[:, None], positives[None, :]] = True
        masks[1, anchors, positives] = False
        masks[0, anchors, positives] = True
        return Pairs(masks[0], masks[1])
