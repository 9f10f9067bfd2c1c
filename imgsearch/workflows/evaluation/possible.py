"""Refusing what cannot be measured from the names of files alone, before any of them is encoded."""

from __future__ import annotations

import numpy as np

from imgsearch.errors import UserError, printable
from imgsearch.retrieval.calibration import halves
from imgsearch.retrieval.few_shot import few_shot
from imgsearch.retrieval.labelled import require_a_pair
from imgsearch.workflows.evaluation.options import Options
from imgsearch.workflows.evaluation.task import Task


def require_possible(task: Task, options: Options) -> None:
    """Raise what measuring would raise if every picture could be read.

    Raises:
        UserError: no class has two pictures, or too few have as many as episodes or halves of the classes take.
    """
    sides = [task.queries, *([] if task.gallery is None else [task.gallery])]
    names = [name for side in sides for name in side.data.classes]
    labels = np.unique(names, return_inverse=True)[1].astype(np.int64)
    blank = np.zeros((len(labels), 1), dtype=np.float32)  # pictures that all look alike: classes alone can be wrong
    try:
        if task.gallery is None:
            require_a_pair(labels)
        if options.episodes is not None:
            for shot in options.episodes.shots:
                few_shot(blank, labels, options.episodes.way, shot, queries=1, episodes=1)
        if options.calibrate is not None:
            halves(blank, labels)
    except UserError as error:
        raise UserError(f"{printable(task.queries.folder)}: {error}") from None
