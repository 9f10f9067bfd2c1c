"""Pairs within a batch: which are of one class, which of two."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Pairs(NamedTuple):
    """Two boolean masks (n, n), row anchor, column partner; an anchor is never its own partner."""

    positive: Tensor
    negative: Tensor


def all_pairs(labels: Tensor) -> Pairs:
    """Every pair of a batch with labels (n,)."""
    same = labels[:, None] == labels[None, :]
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return Pairs(same & ~itself, ~same)
