"""What `train` without further options tries beside the linear metrics, where torch is installed: deep training."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imgsearch.metric.selection import Folds, Trial, added, score
from imgsearch.model import Model
from imgsearch.workflows.labelled import Labelled
from imgsearch.workflows.preparing import network
from imgsearch.workflows.settings import settle

if TYPE_CHECKING:
    from imgsearch.training.dataset import Dataset

FEWEST_CLASSES, FEWEST_PICTURES = 12, 400
"""With less, a network learns the pictures by heart, and linear metrics won wherever it was tried."""
EPOCHS = 4

WAYS: dict[str, dict[str, Any]] = {
    "head": {"unfreeze": 0, "epochs": EPOCHS, "learning_rate": 5e-4},
    "last stages": {"unfreeze": 4, "epochs": EPOCHS, "learning_rate": 5e-4},
}
"""By name, the options of `train` that do it."""


def options_of(way: str, model: Model) -> dict[str, Any]:
    """What `train_deep` is given to do it with all pictures; none is left to validate on, the folds have done that."""
    given = {**WAYS[way], "start": str(model.folder), "split": "none"}
    if WAYS[way]["unfreeze"] == 0:
        given["embedding_dim"] = model.info.dimension
    return given


@dataclass(frozen=True)
class Trials:
    """Trains on all but a fold's classes, fold by fold, for one way after the other on the same pictures.

    Its labels are those of the linear trials, of the same readable pictures in the same order.
    """

    data: Labelled
    labels: NDArray[np.int64]
    model: Model
    device: str
    tell: Callable[[str], None]

    def trial(self, way: str) -> Callable[[Folds], Trial]:
        """One way, to be tried on folds."""

        def run(folds: Folds) -> Trial:
            began = time.perf_counter()
            parts = []
            for number, held_out in enumerate(folds, 1):
                self.tell(f"trying {way}: training {number} of {len(folds)}")
                parts.append(self._fold(options_of(way, self.model), held_out))
            return Trial(added(parts), time.perf_counter() - began)

        return run

    def _fold(self, given: Mapping[str, Any], held_out: NDArray[np.bool_]) -> dict[str, Any]:
        from imgsearch.training.device import choose_device
        from imgsearch.training.run import Run
        from imgsearch.training.trainer import train
        from imgsearch.training.validation import embed_dataset

        settings = settle(given)
        run = Run(
            network(settings, self.model), _subset(self._pictures, ~held_out), settings.config,
            device=choose_device(self.device),
        )  # fmt: skip
        train(run)
        side = max(settings.config.image_size, self.model.info.input_size)
        embedder = run.result()
        unseen = embed_dataset(embedder, _subset(self._pictures, held_out), side)
        return score(unseen, self.labels[held_out], int(self.labels.max()) + 1)

    @cached_property
    def _pictures(self) -> Dataset:
        from imgsearch.training.dataset import load_dataset

        side = settle({"start": str(self.model.folder)}).config.image_size
        return load_dataset(self.data.paths, self.data.classes, side)


def enough(labels: NDArray[np.int64]) -> bool:
    """Whether deep training is worth a try on pictures with labels (n,)."""
    return len(labels) >= FEWEST_PICTURES and len(np.unique(labels)) >= FEWEST_CLASSES


def _subset(data: Dataset, rows: NDArray[np.bool_]) -> Dataset:
    names, labels = np.unique(data.labels[rows], return_inverse=True)
    hashes = tuple(data.hashes[row] for row in np.flatnonzero(rows))
    return replace(
        data, pictures=data.pictures[rows], labels=labels, hashes=hashes,
        classes=tuple(data.classes[number] for number in names),
    )  # fmt: skip
