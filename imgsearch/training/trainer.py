"""The training loop: sampled batches through augmentation, network, miner and loss, with validation on unseen
classes."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from imgsearch.errors import UserError
from imgsearch.progress import progress
from imgsearch.registry import resolve
from imgsearch.retrieval import evaluate
from imgsearch.training.augment import Augmentation, augment
from imgsearch.training.dataset import Dataset
from imgsearch.training.embedder import Embedder
from imgsearch.training.losses import LOSSES
from imgsearch.training.miners import MINERS
from imgsearch.training.sampler import MPerClassSampler


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a run, saved with the model it made."""

    loss: str = "multi_similarity"
    loss_options: dict[str, float] = field(default_factory=dict)
    backbone: str = "small"
    embedding_dim: int | None = None
    """None: the pooled features, without a linear layer."""
    image_size: int = 64
    """Side of the crops in pixels."""
    grow_from: int | None = None
    """Side of the crops in the first epoch; it grows to `image_size` by two thirds of the run (fewer pixels, faster
    epochs)."""
    epochs: int = 12
    classes_per_batch: int = 32
    images_per_class: int = 4
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        for name in ("image_size", "epochs", "classes_per_batch", "images_per_class"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.classes_per_batch < 2 or self.images_per_class < 2:
            raise UserError("a batch needs at least 2 classes of 2 pictures: raise --batch-classes or --batch-images")
        if not self.learning_rate > 0:
            raise UserError(f"--lr must be above 0, not {self.learning_rate}")

    def side(self, epoch: int) -> int:
        """Side of the crops in `epoch`, a multiple of 8."""
        if self.grow_from is None:
            return self.image_size
        share = min(1.0, epoch / max(1.0, self.epochs * 2 / 3))
        return round((self.grow_from + share * (self.image_size - self.grow_from)) / 8) * 8


@dataclass(frozen=True)
class EpochReport:
    """What one epoch came to."""

    epoch: int
    loss: float
    seconds: float
    validation: dict[str, float] | None
    """Retrieval metrics on classes that are not trained on."""


def build_loss(config: TrainingConfig, classes: int, dimension: int) -> nn.Module:
    """The loss of a configuration, its options checked against its signature.

    Raises:
        UserError: unknown loss or option.
    """
    kind: type[nn.Module] = resolve("loss", LOSSES, config.loss)
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
    each
    epoch.

    Raises:
        UserError: fewer than two classes, no class with two pictures, or a loss that is no number any more.
    """
    _check(data)
    torch.manual_seed(config.seed)
    loss = build_loss(config, len(data.classes), embedder.dimension)
    miner = resolve("miner", MINERS, getattr(loss, "miner", None) or "all")()
    sampler = MPerClassSampler(data.labels.tolist(), config.classes_per_batch, config.images_per_class, config.seed)
    optimiser = torch.optim.AdamW(_parameter_groups(embedder, loss, config.weight_decay), lr=config.learning_rate)
    steps = sampler.batches_per_epoch * config.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _learning_rate(step, steps))
    embedder.to(memory_format=torch.channels_last)
    half = half_precision()

    def step(views: Tensor, labels: Tensor) -> float:
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            embeddings = embedder.embed(views)
        value: Tensor = loss(embeddings, labels, miner(embeddings.detach(), labels))
        # The embeddings too: a miner finds no pair among numbers that are none, and without pairs the loss is 0.
        if not (torch.isfinite(value) and torch.isfinite(embeddings).all()):
            raise UserError(f"training ran away (loss {value.item():g}); lower --lr (now {config.learning_rate:g})")
        optimiser.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call] # torch's own
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
    """Weight decay for kernels alone: norms, biases, pooling exponents, proxies and margins have a scale of their
    own."""
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


def half_precision() -> bool:
    """Whether this processor multiplies bfloat16 in hardware, where it trains about twice as fast."""
    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None) or getattr(
        torch.cpu, "is_avx512_bf16_supported", None
    )
    return bool(probe and probe())


@torch.inference_mode()
def embed_dataset(embedder: Embedder, data: Dataset, side: int, batch_size: int = 256) -> npt.NDArray[np.float32]:
    """Embeddings (n, d) of the whole, unaugmented pictures at `side` pixels."""
    embedder.eval()
    rows: list[npt.NDArray[np.float32]] = []
    for start in range(0, len(data.pictures), batch_size):
        pictures = torch.from_numpy(np.ascontiguousarray(data.pictures[start : start + batch_size]))
        batch = pictures.permute(0, 3, 1, 2).float()
        if batch.shape[-1] != side:
            batch = nn.functional.interpolate(batch, size=(side, side), mode="bicubic", antialias=True).clamp_(0, 255)
        with torch.autocast("cpu", torch.bfloat16, enabled=half_precision()):
            rows.append(embedder.embed(batch.contiguous(memory_format=torch.channels_last)).numpy())
    return np.concatenate(rows)


def validate(embedder: Embedder, data: Dataset, side: int) -> dict[str, float]:
    """Leave-one-out retrieval metrics on a data set of other classes."""
    return evaluate(embed_dataset(embedder, data, side), data.labels).metrics
