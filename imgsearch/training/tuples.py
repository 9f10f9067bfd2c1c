"""Which pictures of a batch a loss compares: pairs, triplets and quadruplets, and the ways from one to the other."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor


class Pairs(NamedTuple):
    """Two boolean masks (n, n), row anchor, column partner; an anchor is never its own partner."""

    positive: Tensor
    negative: Tensor


class Triplets(NamedTuple):
    """Three index vectors (t,) into the batch: anchor, another picture of its class, one of another class."""

    anchor: Tensor
    positive: Tensor
    negative: Tensor


class Quadruplets(NamedTuple):
    """A triplet and a picture of a third class, four index vectors (t,)."""

    anchor: Tensor
    positive: Tensor
    negative: Tensor
    other: Tensor


Tuples: TypeAlias = Pairs | Triplets | Quadruplets


def all_pairs(labels: Tensor) -> Pairs:
    """Every pair of a batch with labels (n,)."""
    same = labels[:, None] == labels[None, :]
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return Pairs(same & ~itself, ~same)


def convert(mined: Tuples, kind: type[Tuples], labels: Tensor) -> Tuples:
    """What a miner found, as the `kind` that a loss takes; labels (n,).

    Pairs become every triplet that can be made of them; triplets become the pairs in them. A quadruplet is a triplet
    completed by a picture drawn (by torch's global generator) from all those of third classes; a triplet for which
    there is none is left out.
    """
    if isinstance(mined, kind):
        return mined
    if kind is Pairs and not isinstance(mined, Pairs):
        return _pairs(mined, len(labels))
    triplets = _triplets(mined) if isinstance(mined, Pairs) else Triplets(mined[0], mined[1], mined[2])
    return triplets if kind is Triplets else _quadruplets(triplets, labels)


def _triplets(pairs: Pairs) -> Triplets:
    anchor, positive = pairs.positive.nonzero(as_tuple=True)
    which, negative = pairs.negative[anchor].nonzero(as_tuple=True)
    return Triplets(anchor[which], positive[which], negative)


def _pairs(mined: Triplets | Quadruplets, count: int) -> Pairs:
    anchor, positive, negative = mined[0], mined[1], mined[2]
    masks = anchor.new_zeros(2, count, count, dtype=torch.bool)
    masks[0, anchor, positive] = True
    masks[1, anchor, negative] = True
    return Pairs(masks[0], masks[1])


def _quadruplets(triplets: Triplets, labels: Tensor) -> Quadruplets:
    anchor, positive, negative = triplets
    third = (labels[None, :] != labels[anchor, None]) & (labels[None, :] != labels[negative, None])
    other = draw(third)
    found = other >= 0
    return Quadruplets(anchor[found], positive[found], negative[found], other[found])


def draw(mask: Tensor) -> Tensor:
    """One column of each row of a boolean mask (t, n), all equally likely, by the global generator; −1 for none."""
    counts = mask.sum(dim=1)
    chosen = (torch.rand(len(mask), device=mask.device) * counts).long().clamp(max=(counts - 1).clamp(min=0))
    column = (mask.cumsum(dim=1) > chosen[:, None]).int().argmax(dim=1)
    return torch.where(counts > 0, column, -1)
