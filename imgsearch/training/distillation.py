"""Distillation: a network also learns how alike another one, its teacher, finds the pictures of a batch.

Passalis & Tefas 2018, "Learning Deep Representations with Probabilistic Knowledge Transfer", with the softmax of
Koohpayegani et al. 2020, "CompRess: Self-Supervised Learning by Compressing Representations". The teacher may have any
architecture and dimension; one of the student's own makes it self-distillation (Furlanello et al. 2018).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from imgsearch.training.device import autocast
from imgsearch.training.embedder import Embedder
from imgsearch.training.numerics import at_least_single


class Teacher:
    """A finished network that says how alike pictures are; it learns nothing itself.

    Args:
        embedder: any; used in evaluation mode, on `device`.
        device: where the views lie.
    """

    def __init__(self, embedder: Embedder, device: torch.device) -> None:
        self.embedder = embedder.to(device).to(memory_format=torch.channels_last).eval().requires_grad_(False)
        self.device = device

    @torch.no_grad()
    def embed(self, views: Tensor) -> Tensor:
        """Float views (n, 3, side, side) with values from 0 to 255 → unit rows (n, its dimension)."""
        with autocast(self.device):
            return self.embedder.embed(views)


def distillation(embeddings: Tensor, taught: Tensor, temperature: float) -> Tensor:
    """Mean over pictures of KL(p‖q): p, q the softmaxes of the teacher's and the student's similarities to the others.

    Embeddings (n, d) and the teacher's (n, e) of the same pictures → scalar; similarities are cosines, divided by the
    temperature. Fewer than three pictures say nothing: 0.
    """
    if len(embeddings) < 3:
        return at_least_single(embeddings).sum() * 0.0
    student, teacher = (_to_others(rows, temperature) for rows in (embeddings, taught))
    return functional.kl_div(student, teacher, reduction="batchmean", log_target=True)


def _to_others(embeddings: Tensor, temperature: float) -> Tensor:
    """Log-softmax of each row's similarities to the other rows, (n, n − 1)."""
    unit = functional.normalize(at_least_single(embeddings), dim=1, eps=1e-6)
    count = len(unit)
    others = ~torch.eye(count, dtype=torch.bool, device=unit.device)
    similarities = (unit @ unit.T)[others].view(count, count - 1)
    return functional.log_softmax(similarities / temperature, dim=1)
