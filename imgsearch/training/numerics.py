"""What keeps losses finite: distances with a gradient at 0, single precision or better, means over what counts."""

from __future__ import annotations

import torch
from torch import Tensor

SMALLEST = 1e-8
"""Below this squared distance two embeddings count as one point, and neither is pushed."""


def at_least_single(embeddings: Tensor) -> Tensor:
    """Half precision as float32, which sums of exponentials and differences of near numbers need; the rest as is."""
    return embeddings.float() if embeddings.dtype in (torch.float16, torch.bfloat16) else embeddings


def squared_distances(first: Tensor, second: Tensor | None = None) -> Tensor:
    """‖x − y‖² of all rows (n, d), (m, d) → (n, m), never negative; of `first` with itself by default."""
    second = first if second is None else second
    squares = first.square().sum(dim=1)[:, None] + second.square().sum(dim=1)[None, :]
    return torch.addmm(squares, first, second.T, alpha=-2.0).clamp(min=0.0)


def root(squares: Tensor) -> Tensor:
    """√ with a gradient of 0, not of infinity, where the argument is (nearly) 0."""
    return squares.clamp(min=SMALLEST).sqrt()


def distances(first: Tensor, second: Tensor | None = None) -> Tensor:
    """‖x − y‖ of all rows (n, d), (m, d) → (n, m), with finite gradients for duplicates."""
    return root(squared_distances(first, second))


def mean_of_positive(terms: Tensor) -> Tensor:
    """Mean over the terms above 0, a scalar; exactly 0, with a gradient graph, where there is none."""
    return terms.sum() / (terms > 0).sum().clamp(min=1)


def masked_logsumexp(exponents: Tensor, mask: Tensor) -> Tensor:
    """log Σ e^x over each row's masked entries (n, m) → (n,); a huge negative number for rows without any."""
    # −∞ itself would give those rows NaN gradients
    return exponents.masked_fill(~mask, -1e30).logsumexp(dim=1)


def log_one_plus_sum_exp(exponents: Tensor, mask: Tensor) -> Tensor:
    """log(1 + Σ e^x) over each row's masked entries (n, m) → (n,); exactly 0 for rows without any."""
    sums = masked_logsumexp(exponents, mask)
    return torch.logaddexp(sums, sums.new_zeros(()))
