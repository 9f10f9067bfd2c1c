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
    which, negative = pairs.negative.index_select(0, anchor).nonzero(as_tuple=True)
    return Triplets(anchor.index_select(0, which), positive.index_select(0, which), negative)


def _pairs(mined: Triplets | Quadruplets, count: int) -> Pairs:
    anchor, positive, negative = mined[0], mined[1], mined[2]
    masks = anchor.new_zeros(2, count, count, dtype=torch.bool)
    masks[0, anchor, positive] = True
    masks[1, anchor, negative] = True
    return Pairs(masks[0], masks[1])


def _quadruplets(triplets: Triplets, labels: Tensor) -> Quadruplets:
    # A place among the pictures in order of class, two classes left out: a mask (t, n) of all triplets would be huge.
    _, classes, counts = torch.unique(labels, return_inverse=True, return_counts=True)
    order, starts = classes.argsort(), counts.cumsum(dim=0) - counts
    own, other = classes[triplets.anchor], classes[triplets.negative]
    lower, upper = torch.minimum(own, other), torch.maximum(own, other)
    free = len(labels) - counts[lower] - counts[upper]
    found = free > 0
    place = _random_below(free)
    for skipped in (lower, upper):
        place = place + counts[skipped] * (place >= starts[skipped])
    anchor, positive, negative = (part[found] for part in triplets)
    return Quadruplets(anchor, positive, negative, order[place[found]])


def draw(mask: Tensor) -> Tensor:
    """One column of each row of a boolean mask (t, n), all equally likely, by the global generator; −1 for none."""
    found_so_far = mask.cumsum(dim=1, dtype=torch.int32)
    counts = found_so_far[:, -1]
    column = torch.searchsorted(found_so_far, _random_below(counts)[:, None] + 1).squeeze(1)
    return torch.where(counts > 0, column, -1)


def _random_below(counts: Tensor) -> Tensor:
    """A random whole number from 0 to just below each of (t,); something for 0."""
    numbers = (torch.rand(len(counts), device=counts.device) * counts).to(counts.dtype)
    return torch.minimum(numbers, counts - 1)  # the product may round up
