"""What a deep training run shall do: what was asked for, what an unfinished run had settled, and sensible defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from imgsearch.errors import UserError
from imgsearch.registry import unknown
from imgsearch.training.config import RATE, Augmentation, TrainingConfig
from imgsearch.workflows.model_cache import TORCHVISION, find_model

SCRATCH = "scratch"
_LARGE, _LONG = 64, 4
"""Pixels and epochs from which on a run begins with pictures of half the side: in six epochs it sees a third fewer
pixels. (240 Omniglot characters: recall_at_1 0.880; without it 0.877, but that run ended in a linear layer.)"""


@dataclass(frozen=True)
class Settings:
    """All that decides a run besides its pictures."""

    config: TrainingConfig
    start: str
    """The model to go on from, "scratch", or "torchvision:NAME[@WEIGHTS]" for a network with torchvision's own."""
    split: str | None
    """Which classes to validate on; None: a tenth of them, "none": train on all."""
    input_size: int | None
    """Side of the pictures that the exported encoder takes; None: as trained, no less than `start`."""
    ending: bool = True
    """Whether the network may get another end, see `imgsearch.training.ending`."""
    teacher: str | None = None
    """A model whose similarities are learned, too."""

    @property
    def origin(self) -> str | None:
        """The model folder to go on from, if it is one."""
        return None if self.start == SCRATCH or self.start.startswith(TORCHVISION) else self.start

    def facts(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


def settle(given: Mapping[str, Any]) -> Settings:
    """Fill what was `given`, by the names of the fields of `Settings` and its configuration, up with defaults.

    Raises:
        UserError: options that contradict one another, or a value that is out of range.
    """
    start = given.get("start") or (SCRATCH if "backbone" in given else "base")
    scratch = start == SCRATCH
    if not scratch and "backbone" in given:
        raise UserError(
            f"--backbone {given['backbone']} starts from scratch, --from {start} does not; give one of them"
        )
    config = {key: given[key] for key in given.keys() & {item.name for item in fields(TrainingConfig)}}
    if "views_options" in given:
        config["augmentation"] = Augmentation.with_options(given["views_options"])
    if "teacher_options" in given:
        if "teacher" not in given:
            raise UserError("--set teacher.… needs a teacher: give --teacher MODEL")
        config |= _of_teacher(given["teacher_options"])
    config["adapt_rate"] = "learning_rate" not in given and start != SCRATCH
    rate = 2e-4 if start.startswith(TORCHVISION) else RATE if scratch else None  # of a model it depends on the pictures
    config.setdefault("learning_rate", rate)
    if start.startswith(TORCHVISION):
        config["backbone"] = start.removeprefix(TORCHVISION).partition("@")[0]
        config.setdefault("image_size", 224)
    elif scratch:
        config.setdefault("image_size", 64)
    else:
        info = find_model(start).info
        inherited = info.architecture
        if "backbone" not in inherited:
            raise UserError(
                f"--from {start}: an encoder without weights to train on; take --metric lda, which leaves it as it is"
            )
        recorded = info.training.get("config", {}).get("image_size")
        config.setdefault("image_size", recorded if isinstance(recorded, int) else info.input_size)
        config["backbone"] = inherited["backbone"]
        config.setdefault("embedding_dim", inherited.get("embedding_dim"))
        if config.setdefault("pooling", inherited.get("pooling", "gem")) == inherited.get("pooling", "gem"):
            config.setdefault("pooling_options", inherited.get("pooling_options", {}))
    one_size = config.get("pooling") == "vectorise_fc"
    if not one_size and config["image_size"] >= _LARGE and config.get("epochs", TrainingConfig.epochs) >= _LONG:
        config.setdefault("grow_from", config["image_size"] // 2)
    if one_size and (config.get("grow_from") or given.get("input_size")):
        raise UserError(
            "--pooling vectorise_fc is made for one size of pictures; leave --grow-from and --input-size away"
        )
    around = given.get("split"), given.get("input_size"), given.get("ending", True), given.get("teacher")
    return Settings(TrainingConfig(**config), start, *around)


def settle_again(given: Mapping[str, Any], facts: Mapping[str, Any], learning_rate: float) -> Settings:
    """The settings of an unfinished run, from its `facts` and the learning rate that it had come to.

    Of what is given again only the learning rate may differ.

    Raises:
        UserError: something else differs.
    """
    # Runs begun before they could be chosen do not say.
    known = {"ending": True, "teacher": None, "dropout": 0.0, **facts, **facts["config"]}
    known |= {f"views.{name}": value for name, value in known["augmentation"].items()}
    asked = {key: value for key, value in given.items() if key not in ("views_options", "teacher_options")}
    asked |= {f"views.{name}": value for name, value in given.get("views_options", {}).items()}
    asked |= _of_teacher(given.get("teacher_options", {}))
    for key, value in asked.items():
        if key not in known:
            raise UserError(unknown("option", key, known))
        if key != "learning_rate" and value != known[key]:
            option = key.replace("_", "-")
            raise UserError(
                f"--resume: the run was begun with {option} {known[key]}, not {value}; leave that option away"
            )
    config = {**facts["config"], "augmentation": Augmentation(**facts["config"]["augmentation"])}
    config["learning_rate"] = given.get("learning_rate", learning_rate)
    config["adapt_rate"] = config["adapt_rate"] and "learning_rate" not in given
    around = facts["split"], facts["input_size"], known["ending"], known["teacher"]
    return Settings(TrainingConfig(**config), facts["start"], *around)


def _of_teacher(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of `--set teacher.…` by the names that the configuration has for them."""
    for name in options:
        if name not in ("weight", "temperature"):
            raise UserError(unknown("option of teacher", name, ("weight", "temperature")))
    return {f"teacher_{name}": value for name, value in options.items()}
