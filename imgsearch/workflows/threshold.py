"""The similarity from which on a model takes two pictures for the same: read from it, and kept in it."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgsearch.errors import UserError, printable
from imgsearch.index import Index
from imgsearch.index.ranking import DECIMALS
from imgsearch.model import BASE, Model, ModelInfo, load_model, write_info

if TYPE_CHECKING:
    from imgsearch.workflows.evaluation.extras import Calibration
    from imgsearch.workflows.evaluation.result import Evaluation

_PACKAGE = BASE.parent.parent
_RATES = ("false_accept_rate", "false_reject_rate", "precision")
_MEASURED = "calibration"


@dataclass(frozen=True)
class Threshold:
    """A similarity, and which errors are to be expected of it."""

    similarity: float
    expected: dict[str, float]
    """false_accept_rate, false_reject_rate and precision, as measured on classes that had no part in finding it; empty
    where nothing was measured."""


def threshold_of(info: ModelInfo, option: str) -> Threshold:
    """What was calibrated for a model.

    Raises:
        UserError: nothing, so that `option` cannot have it.
    """
    found = info.threshold
    if not isinstance(found, (int, float)) or not -1.0 <= found <= 1.0:
        how = "`imgsearch eval FOLDER --calibrate far=0.01 --save-threshold` with --index DIR or --model MODEL"
        remedy = f"calibrate it by {how}, or give --threshold a number from -1 to 1"
        raise UserError(f"{option}: the model {printable(info.name)} has no calibrated threshold; {remedy}")
    measured = info.quality.get(_MEASURED)
    facts: Mapping[str, Any] = measured if isinstance(measured, dict) else {}
    expected = {name: float(facts[name]) for name in _RATES if isinstance(facts.get(name), (int, float))}
    return Threshold(float(found), expected)


def require_place(model: Model, index: Path | None) -> None:
    """Raise, before long work, what `save_threshold` would raise."""
    if index is not None:
        return
    if model.folder.resolve().is_relative_to(_PACKAGE.resolve()):
        remedy = "name an index by --index DIR, whose copy of the model keeps it, or a model folder of your own"
        raise UserError(f"--save-threshold: {printable(model.info.name)} is part of the installation; {remedy}")
    if not os.access(model.folder, os.W_OK):
        raise _not_written(model.folder, "Permission denied")


def save_threshold(model: Model, calibration: Calibration, data: str, index: Path | None) -> Path:
    """Keep a threshold, what was measured of it and on which `data`, in a model's folder or in an index's copy of it.

    Returns that folder, or the index's.

    Raises:
        UserError: the model is part of the installation, or cannot be written.
        IndexFolderError: the index cannot be written, or has another model by now.
    """
    require_place(model, index)
    # Similarities are compared with six decimals: rounded up, it would leave out the very pair that it was set by.
    similarity = math.floor(calibration.threshold * 10**DECIMALS) / 10**DECIMALS
    facts = {**asdict(calibration), "data": printable(data)}

    def described(info: ModelInfo) -> ModelInfo:
        return replace(info, threshold=similarity, quality={**info.quality, _MEASURED: facts})

    if index is not None:
        opened = Index.open(index)
        with opened.writer() as writer:
            writer.describe(described(writer.model.info))
        return opened.folder
    try:
        write_info(model.folder, described(load_model(model.folder).info))
    except OSError as error:
        raise _not_written(model.folder, error.strerror) from None
    return model.folder


def with_threshold_saved(evaluation: Evaluation, model: Model, index: Path | None) -> Evaluation:
    """`save_threshold` for what an evaluation has calibrated for its first model; it says then where that is."""
    found = evaluation.model.calibration
    if found is None:
        return evaluation
    place = save_threshold(model, found, os.fspath(evaluation.folder.absolute()), index)
    first = replace(evaluation.model, calibration=replace(found, saved_to=str(place)))
    return replace(evaluation, models=(first, *evaluation.models[1:]))


def _not_written(folder: Path, reason: str | None) -> UserError:
    remedy = "copy the model folder to where you may write, or name an index by --index DIR"
    return UserError(f"--save-threshold: {printable(folder)} cannot be written ({reason}); {remedy}")
