"""The training loop: sampled batches through augmentation, network, miner and loss; validation on other classes."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from imgsearch.errors import UserError
from imgsearch.progress import progress
from imgsearch.registry import resolve
from imgsearch.training.augment import augment
from imgsearch.training.config import TrainingConfig
from imgsearch.training.dataset import Dataset
from imgsearch.training.embedder import Embedder
from imgsearch.training.loss import Loss
from imgsearch.training.losses import LOSSES
from imgsearch.training.miners import MINERS
from imgsearch.training.samplers.m_per_class import MPerClassSampler
from imgsearch.training.tuples import convert
from imgsearch.training.validation import half_precision, validate


@dataclass(frozen=True)
class EpochReport:
    """What one epoch came to."""

    epoch: int
    loss: float
    seconds: float
    validation: dict[str, float] | None
    """Retrieval metrics on classes that are not trained on."""


def build_loss(config: TrainingConfig, classes: int, dimension: int) -> Loss:
    """The loss of a configuration, its options checked against its signature.

    Raises:
        UserError: unknown loss or option.
    """
    kind: type[Loss] = resolve("loss", LOSSES, config.loss)
    parameters = inspect.signature(kind).parameters
    given: dict[str, Any] = {"classes": classes, "dimension": dimension}
    own = sorted(set(parameters) - set(given))
    for name in config.loss_options:
        if name not in own:
            raise UserError(f"loss {config.loss!r} has no option {name!r}; it has {', '.join(own)}")
    return kind(**{key: value for key, value in given.items() if key in parameters}, **config.loss_options)


def train(
    embedder: Embedder,
    data: Dataset,
    config: TrainingConfig,
    *,
    validation: Dataset | None = None,
    report: Callable[[EpochReport], None] = lambda _: None,
) -> None:
    """Train `embedder` in place; whoever interrupts it has what was learned so far.

    AdamW with a linear warm-up over the first twentieth of all steps, then a cosine to zero; `report` is called after
    each epoch.

    Raises:
        UserError: fewer than two classes, no class with two pictures, or a loss that is no number any more.
    """
    _check(data)
    torch.manual_seed(config.seed)
    loss = build_loss(config, len(data.classes), embedder.dimension)
    miner = resolve("miner", MINERS, loss.miner or "batch_all")()
    sampler = MPerClassSampler(data.labels.tolist(), config.classes_per_batch, config.images_per_class, config.seed)
    optimiser = torch.optim.AdamW(_parameter_groups(embedder, loss, config.weight_decay), lr=config.learning_rate)
    steps = sampler.batches_per_epoch * config.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _learning_rate(step, steps))
    embedder.to(memory_format=torch.channels_last)
    half = half_precision()

    def step(views: Tensor, labels: Tensor) -> float:
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            embeddings = embedder.embed(views)
        mined = None if loss.kind is None else convert(miner(embeddings.detach(), labels), loss.kind, labels)
        value: Tensor = loss(embeddings, labels, mined)
        # The embeddings too: a miner finds no pair among numbers that are none, and without pairs the loss is 0.
        if not (torch.isfinite(value) and torch.isfinite(embeddings).all()):
            raise UserError(f"training ran away (loss {value.item():g}); lower --lr (now {config.learning_rate:g})")
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(value)
        optimiser.step()
        schedule.step()
        return value.item()

    for epoch in range(config.epochs):
        began, total, count = time.monotonic(), 0.0, sampler.batches_per_epoch
        embedder.train()
        with progress(total=count, description=f"epoch {epoch + 1}/{config.epochs}", unit="batches") as bar:
            for views, labels in _views(data, sampler, config, epoch):
                value = step(views, labels)
                total += value
                bar.set_postfix(loss=f"{value:.3f}")
                bar.update()
        scores = validate(embedder, validation, config.image_size) if validation is not None else None
        report(EpochReport(epoch + 1, total / count, time.monotonic() - began, scores))


def _check(data: Dataset) -> None:
    if len(data.classes) < 2:
        raise UserError(
            f"only one class ({data.classes[0]!r}) to train on; a notion of similarity needs at least two folders"
        )
    if np.bincount(data.labels).max() < 2:
        raise UserError("no class has two readable pictures; similarity is learned from pictures of one class")


def _learning_rate(step: int, steps: int) -> float:
    warm_up = max(1, steps // 20)
    if step < warm_up:
        return (step + 1) / warm_up
    return 0.5 * (1.0 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))


def _parameter_groups(embedder: nn.Module, loss: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay for kernels alone: norms, biases, exponents, proxies and margins have a scale of their own."""
    parameters = list(embedder.parameters())
    kernels = [item for item in parameters if item.ndim > 1]
    others = [item for item in parameters if item.ndim <= 1] + list(loss.parameters())
    return [{"params": kernels, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def _views(
    data: Dataset, sampler: MPerClassSampler, config: TrainingConfig, epoch: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Augmented batches, each prepared in a thread while the network works on the one before."""
    generator = torch.Generator().manual_seed(config.seed * 100_003 + epoch)
    side = config.side(epoch)

    def prepare(indices: npt.NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        pictures = torch.from_numpy(np.ascontiguousarray(data.pictures[indices]))
        return augment(pictures, side, config.augmentation, generator), torch.from_numpy(data.labels[indices])

    with ThreadPoolExecutor(max_workers=1) as pool:  # one: the generator's draws keep their order
        following = None
        for indices in sampler.epoch():
            current, following = following, pool.submit(prepare, indices)
            if current is not None:
                yield current.result()
        if following is not None:
            yield following.result()
