"""`eval --calibrate`: the similarity from which on pictures count as the same."""

from __future__ import annotations

import numpy as np

from imgsearch.errors import UserError
from imgsearch.retrieval.calibration import calibrate, halves
from imgsearch.workflows.evaluation.extras import Calibration
from imgsearch.workflows.evaluation.measure import Rows, Setting


def calibrated(setting: Setting, rows: Rows) -> Calibration | None:
    """Found on one half of the classes and verified on the other, from the rows of `setting.everything`.

    None where it is not asked for.

    Raises:
        UserError: too few classes or pairs, or a target that no threshold reaches.
    """
    target, labels = setting.options.calibrate, setting.everything
    if target is None:
        return None
    wanted = {target.name: target.value}
    try:
        found = calibrate(
            rows, labels, far=wanted.get("far"), precision=wanted.get("precision"), seed=setting.options.seed
        )
    except UserError as error:
        raise UserError(f"--calibrate {target.name}={target.value:g}: {error}") from None
    classes = [len(np.unique(labels[half])) for half in halves(rows, labels, setting.options.seed)]
    return Calibration(
        wanted=target.name,
        target=target.value,
        threshold=found.threshold,
        found_on=classes[0],
        verified_on=classes[1],
        precision=found.verified.precision,
        recall=found.verified.tar,
        false_accept_rate=found.verified.far,
        false_reject_rate=1 - found.verified.tar,
        pairs=found.verified.genuine + found.verified.impostors,
    )
