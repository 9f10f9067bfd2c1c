"""The loss, miner and sampler of a configuration: what was asked for, else what the loss brings."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from imgsearch.errors import UserError
from imgsearch.registry import build
from imgsearch.training.config import TrainingConfig
from imgsearch.training.loss import Loss
from imgsearch.training.losses import LOSSES
from imgsearch.training.miners import MINERS
from imgsearch.training.samplers import SAMPLERS
from imgsearch.training.samplers.base import Sampler
from imgsearch.training.tuples import Tuples
from imgsearch.training.variants import variants


@dataclass(frozen=True)
class Parts:
    """What works together in a training step."""

    loss: Loss
    miner: Callable[[Tensor, Tensor], Tuples] | None
    """None where the loss takes no tuples."""
    sampler: Sampler
    config: TrainingConfig
    """With what was chosen: miner, sampler, pictures of a class, quarter turns, mirrored classes."""


def build_parts(config: TrainingConfig, labels: list[int], classes: int, dimension: int) -> Parts:
    """Build what `config` names for training labels (N,), with embeddings of length `dimension`.

    Where turned or mirrored classes count as others, the loss is made for as many times the classes.

    Raises:
        UserError: an unknown name or option, or a value that an option cannot have.
    """

    def built(number: int) -> Loss:
        supplied = {"classes": number, "dimension": dimension}
        loss: Loss = build("loss", LOSSES, config.loss, config.loss_options, supplied)
        return loss

    loss = built(classes)
    sampler_name = config.sampler or loss.sampler
    images_per_class = config.images_per_class or loss.images_per_class
    drawn: dict[str, Any] = {
        "labels": labels,
        "classes_per_batch": config.classes_per_batch,
        "images_per_class": images_per_class,
        "seed": config.seed,
    }
    sampler: Sampler = build("sampler", SAMPLERS, sampler_name, config.sampler_options, drawn)
    miner_name = None if loss.kind is None else config.miner or sampler.miner or loss.miner
    miner = None if miner_name is None else build("miner", MINERS, miner_name, config.miner_options, {})
    alone = not (loss.wants_pool or sampler.wants_pool or loss.inputs)
    chosen = replace(
        config,
        miner=miner_name,
        sampler=sampler_name,
        images_per_class=images_per_class,
        quarter_turns=config.quarter_turns and alone,
        mirrored_classes=bool(config.mirrored_classes) and alone,
    )
    return Parts(built(classes * variants(chosen)), miner, sampler, chosen)


def check_parts(config: TrainingConfig, columns: Collection[str]) -> None:
    """Refuse, before a picture is read, what cannot be built, or a loss whose columns are not there.

    Raises:
        UserError: the same as `build_parts`, or a column of the label table is missing.
    """
    parts = build_parts(config, [0, 0, 1, 1], 2, 4)
    missing = [name for name in parts.loss.inputs if name not in columns]
    if missing:
        table = ",".join(["path", "label", *parts.loss.inputs])
        raise UserError(
            f"loss {config.loss} needs {' and '.join(missing)} for each picture: "
            f"give a table with the columns {table} by --labels FILE.csv"
        )
