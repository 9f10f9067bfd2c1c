"""More than one device, started by torchrun: every process sees the whole batch's embeddings and its own pictures.

Each process embeds its share of a batch. The embeddings are gathered, so that all compute the same loss, over all pairs
across processes; backwards, each takes the gradient of its own share on. The sum of the network's gradients over the
processes is then what one process with the whole batch would have had; those of the loss's own parameters are complete
and equal everywhere already.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed

from imgsearch.errors import UserError

Agreed = TypeVar("Agreed")


def join(device: torch.device) -> torch.device:
    """Meet the other processes, if torchrun started any, and return this process's own device."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not distributed.is_initialized():
        if device.type == "cuda":
            device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
            torch.cuda.set_device(device)
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return device


def leave() -> None:
    """Part from the other processes."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def rank() -> int:
    """Number of this process, 0 when it is alone."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def world() -> int:
    """Number of processes."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def own_share(batch: int) -> slice:
    """Which pictures of a batch this process embeds.

    Raises:
        UserError: the batch cannot be dealt out evenly.
    """
    if batch % world():
        raise UserError(
            f"a batch of {batch} pictures cannot be dealt out evenly to {world()} processes; "
            "change --batch-classes or --batch-images"
        )
    size = batch // world()
    return slice(rank() * size, (rank() + 1) * size)


def gather(embeddings: Tensor) -> Tensor:
    """Embeddings (n, d) of each process → (n · processes, d), in the order of their ranks; gradients flow back."""
    if world() == 1:
        return embeddings
    gathered: Tensor = _Gather.apply(embeddings)
    return gathered


def sum_gradients(parameters: Iterable[Tensor]) -> None:
    """Add up each parameter's gradient over all processes."""
    gradients = [item.grad for item in parameters if item.grad is not None]
    if world() == 1 or not gradients:
        return
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    for gradient, summed in zip(gradients, torch.split(flat, [item.numel() for item in gradients]), strict=True):
        gradient.copy_(summed.view_as(gradient))


def from_first(tensors: Iterable[Tensor]) -> None:
    """Overwrite tensors with those of rank 0."""
    if world() > 1:
        for tensor in tensors:
            distributed.broadcast(tensor, 0)


def agree(make: Callable[[], Agreed]) -> Agreed:
    """What rank 0 makes, in all processes."""
    shared: list[Any] = [make() if rank() == 0 else None]
    if world() > 1:
        distributed.broadcast_object_list(shared, 0)
    result: Agreed = shared[0]
    return result


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, embeddings: Tensor) -> Tensor:  # noqa: ANN401 - torch's context has no type
        context.size = len(embeddings)
        parts = [torch.empty_like(embeddings) for _ in range(world())]
        distributed.all_gather(parts, embeddings.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:  # noqa: ANN401 - as above
        return gradient[rank() * context.size : (rank() + 1) * context.size]
