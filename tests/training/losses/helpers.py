"""Batches, losses ready for them, and their tuples, for the tests of all losses."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from imgsearch.registry import resolve
from imgsearch.training.loss import Loss
from imgsearch.training.losses import LOSSES
from imgsearch.training.miners import MINERS
from imgsearch.training.tuples import Pairs, Tuples, convert

LABELS = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2, 3])
"""Four classes, one of them with a single picture."""
CLASSES, DIMENSION = 4, 6


def batch(seed: int = 0, dtype: torch.dtype = torch.float32, spread: float = 1.0, length: float | None = 1.0) -> Tensor:
    """Ten rows around four centres, of `length`, or as they come where that is None."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(CLASSES, DIMENSION, generator=generator, dtype=torch.float64)
    noise = torch.randn(len(LABELS), DIMENSION, generator=generator, dtype=torch.float64)
    rows = centres[LABELS] + spread * noise
    return (rows if length is None else length * functional.normalize(rows, dim=1)).to(dtype)


def build(name: str, **options: Any) -> Loss:
    """The loss of that name for batches of `batch`."""
    torch.manual_seed(0)
    kind = resolve("loss", LOSSES, name)
    known = inspect.signature(kind).parameters
    given = {"classes": CLASSES, "dimension": DIMENSION}
    loss: Loss = kind(**{key: value for key, value in given.items() if key in known}, **options)
    return loss


def mined(loss: Loss, embeddings: Tensor, labels: Tensor, miner: str | None = None) -> Tuples | None:
    """What the loss's own miner, or another, finds in the batch."""
    if loss.kind is None:
        return None
    torch.manual_seed(0)
    find = resolve("miner", MINERS, miner or loss.miner or "batch_all")()
    return convert(find(functional.normalize(embeddings.detach(), dim=1), labels), loss.kind, labels)


def inputs(loss: Loss, labels: Tensor) -> dict[str, Tensor]:
    """Values for the extra columns that the loss takes: frame numbers, continuous labels, two domains."""
    count = len(labels)
    columns = {
        "order": torch.arange(count),
        "value": torch.rand(count, generator=torch.Generator().manual_seed(1), dtype=torch.float64),
        "domain": torch.arange(count) % 2,
    }
    return {name: columns[name].to(labels.device) for name in loss.inputs}


def value_of(loss: Loss, embeddings: Tensor, labels: Tensor = LABELS) -> Tensor:
    """The loss of a batch, mined and given all that it needs."""
    result: Tensor = loss(embeddings, labels, mined(loss, embeddings, labels), **inputs(loss, labels))
    return result


def permuted(tuples: Tuples | None, order: Tensor) -> Tuples | None:
    """The same tuples after the batch was reordered, row i being the former row order[i]."""
    if tuples is None:
        return None
    if isinstance(tuples, Pairs):
        return Pairs(*(mask[order][:, order] for mask in tuples))
    place = torch.argsort(order)
    return type(tuples)(*(place[part] for part in tuples))


def without_tuples(loss: Loss, count: int) -> Tuples | None:
    """What a miner that finds nothing gives the loss for a batch of `count`."""
    nobody = torch.zeros(0, dtype=torch.long)
    if loss.kind is None:
        return None
    if loss.kind is Pairs:
        return Pairs(torch.zeros(count, count, dtype=torch.bool), torch.zeros(count, count, dtype=torch.bool))
    return loss.kind(*[nobody] * len(loss.kind._fields))
