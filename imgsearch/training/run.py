"""A training run: all that changes while it goes on, and how that is kept and restored."""

from __future__ import annotations

import copy
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from imgsearch.errors import UserError
from imgsearch.training.averaging import AveragedEmbedder
from imgsearch.training.checkpoint import Tensors, optimiser_tensors, prefixed, restore_optimiser, under
from imgsearch.training.config import TrainingConfig
from imgsearch.training.dataset import Dataset
from imgsearch.training.distillation import Teacher
from imgsearch.training.dropout import drop_between_blocks
from imgsearch.training.embedder import Embedder
from imgsearch.training.freeze import freeze
from imgsearch.training.given_pairs import taught_by_pairs, without_classes
from imgsearch.training.parts import build_parts
from imgsearch.training.reports import EpochReport, best_epoch
from imgsearch.training.samplers.base import Indices


class Run:
    """A network on its way from the start to the end of a configuration.

    Args:
        embedder: trained in place.
        data: what to learn from.
        config: how; `self.config` says what was chosen where it left the choice: miner, sampler, rounds, learning rate.
        validation: pictures of other classes, to measure on after every epoch.
        teacher: a network whose similarities are learned, too.
        device: where to train; the processor by default.

    Raises:
        UserError: fewer than two classes, no class with two pictures, or parts that do not exist or fit.
    """

    def __init__(
        self,
        embedder: Embedder,
        data: Dataset,
        config: TrainingConfig,
        *,
        validation: Dataset | None = None,
        teacher: Embedder | None = None,
        device: torch.device | None = None,
    ) -> None:
        if data.pairs is None:
            _check(data)
        self.device = device or torch.device("cpu")
        self.embedder = embedder.to(self.device).to(memory_format=torch.channels_last)
        if config.unfreeze is not None:
            freeze(embedder, config.unfreeze)
        self.data, self.validation = data, validation
        self.teacher = None if teacher is None else Teacher(teacher, self.device)
        torch.manual_seed(config.seed)
        config = _mirrors(config, data)
        if data.pairs is not None:
            config = without_classes(config)
        parts = build_parts(config, data.labels.tolist(), len(data.classes), embedder.dimension)
        if data.pairs is not None:
            parts = taught_by_pairs(parts, data.pairs, len(data.labels))
        self.loss = parts.loss.to(self.device)
        self._start = copy.deepcopy((self.embedder.state_dict(), self.loss.state_dict()))
        self.miner, self.sampler = parts.miner, parts.sampler
        rounds = parts.config.rounds_for(len(data.labels))
        self.config = replace(parts.config, rounds=rounds, learning_rate=parts.config.rate)
        self.batches_per_epoch = rounds * self.sampler.batches_per_epoch
        self.steps = config.epochs * self.batches_per_epoch
        self.average = AveragedEmbedder(embedder, config.averaging * self.steps)
        drop_between_blocks(self.embedder, config.dropout)  # a copy that is not trained loses nothing
        self.optimiser = self._new_optimiser()
        self.reports: list[EpochReport] = []
        self.best: Tensors | None = None
        """The averaged weights of the best epoch so far, by validation."""
        self.plan: Indices | None = None
        """Batches of the epoch in hand (batches, pictures); None between two epochs."""
        self.batch = 0
        """How many of them are done."""
        self.totals: dict[str, float] = {}
        """Sums over the batches that are done."""
        self.restarts = 0
        """How often it began again with a smaller learning rate."""

    def _new_optimiser(self) -> torch.optim.Optimizer:
        groups = _parameter_groups(self.embedder, self.loss, self.config)
        fused = self.device.type in ("cpu", "cuda")  # three times as fast on a processor
        return torch.optim.AdamW(groups, lr=self.config.rate, fused=fused)

    def begin_again(self) -> None:
        """Return to where the run started, with a quarter of the learning rate."""
        self.embedder.load_state_dict(self._start[0])
        self.loss.load_state_dict(self._start[1])
        self.average = AveragedEmbedder(self.embedder, self.average.horizon)
        self.config = replace(self.config, learning_rate=self.config.rate / 4)
        self.optimiser = self._new_optimiser()
        self.reports, self.best, self.restarts = self.reports[:1], None, self.restarts + 1

    @property
    def epoch(self) -> int:
        """Number of whole epochs so far."""
        return self.reports[-1].epoch if self.reports else 0

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or the last `patience` of them brought nothing better."""
        best = best_epoch(self.reports)
        stale = 0 if best is None else self.epoch - best.epoch
        return self.epoch >= self.config.epochs or stale >= self.config.patience

    def result(self) -> Embedder:
        """The averaged network of the best epoch, or of the last step where nothing is validated."""
        if self.best is not None:
            self.average.embedder.load_state_dict(self.best)
        return self.average.embedder

    def conclude(self, report: EpochReport) -> None:
        """Enter an epoch's report, and keep its weights if they are the best so far."""
        self.reports.append(report)
        self.plan, self.batch, self.totals = None, 0, {}
        if report.epoch and best_epoch(self.reports) is report:
            self.best = {name: value.clone() for name, value in self.average.embedder.state_dict().items()}

    def state(self) -> tuple[Tensors, dict[str, Any]]:
        """Everything that decides how the run goes on: tensors, and facts that JSON can hold."""
        tensors = {
            **prefixed("embedder", self.embedder.state_dict()),
            **prefixed("average", self.average.embedder.state_dict()),
            **prefixed("best", self.best or {}),
            **prefixed("loss", self.loss.state_dict()),
            **prefixed("optimiser", optimiser_tensors(self.optimiser)),
        }
        if self.plan is not None:
            tensors["plan"] = torch.from_numpy(self.plan)
        facts = {
            "config": asdict(self.config),
            "sampler": self.sampler.state(),
            "batch": self.batch,
            "totals": self.totals,
            "restarts": self.restarts,
            "reports": [asdict(report) for report in self.reports],
        }
        return tensors, facts

    def restore(self, tensors: Tensors, facts: dict[str, Any]) -> None:
        """Go on from a `state`.

        Raises:
            UserError: it is of another architecture.
        """
        try:
            self.embedder.load_state_dict(under("embedder", tensors))
            self.average.embedder.load_state_dict(under("average", tensors))
            self.loss.load_state_dict(under("loss", tensors))
            restore_optimiser(self.optimiser, under("optimiser", tensors))
            self.best = under("best", tensors) or None
            self.plan = tensors["plan"].numpy() if "plan" in tensors else None
            self.sampler.restore(facts["sampler"])
            self.batch, self.totals, self.restarts = facts["batch"], facts["totals"], facts["restarts"]
            self.reports = [EpochReport(**report) for report in facts["reports"]]
        except (RuntimeError, ValueError, LookupError, TypeError) as error:
            raise UserError(
                f"the run to go on with is of another architecture ({str(error).splitlines()[0]}); "
                "give the options that it was begun with"
            ) from None

    def inputs(self, indices: Indices) -> dict[str, Tensor]:
        """The columns that the loss takes beside labels, for these pictures."""
        names = [*self.loss.inputs, *(name for name in self.loss.also if name in self.data.columns)]
        return {name: torch.from_numpy(self.data.columns[name][indices]).to(self.device) for name in names}


def _mirrors(config: TrainingConfig, data: Dataset) -> TrainingConfig:
    """Settle whether mirror images are other classes, or views of the same."""
    others = data.colourless if config.mirrored_classes is None else config.mirrored_classes
    flip = config.augmentation.flip
    flip = (0.0 if others else 0.5) if flip is None else flip
    return replace(config, mirrored_classes=others, augmentation=replace(config.augmentation, flip=flip))


def _check(data: Dataset) -> None:
    if len(data.classes) < 2:
        raise UserError(
            f"only one class ({data.classes[0]!r}) to train on; a notion of similarity needs at least two folders"
        )
    if np.bincount(data.labels).max() < 2:
        raise UserError("no class has two readable pictures; similarity is learned from pictures of one class")


def _parameter_groups(embedder: nn.Module, loss: nn.Module, config: TrainingConfig) -> list[dict[str, Any]]:
    """Weight decay for kernels alone: norms, biases, exponents, proxies and margins have a scale of their own.

    A group's `peak` is its highest learning rate.
    """
    parameters = [item for item in embedder.parameters() if item.requires_grad]
    rate = config.rate
    groups: list[dict[str, Any]] = [
        {"params": [item for item in parameters if item.ndim > 1], "weight_decay": config.weight_decay, "peak": rate},
        {"params": [item for item in parameters if item.ndim <= 1], "weight_decay": 0.0, "peak": rate},
        {"params": list(loss.parameters()), "weight_decay": 0.0, "peak": rate * config.loss_rate},
    ]
    return [group for group in groups if group["params"]]
