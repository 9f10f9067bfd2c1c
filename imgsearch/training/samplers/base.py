"""What every sampler does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]
Embeddings = npt.NDArray[np.float32]


class Sampler(ABC):
    """An endless supply of epochs, each a plan of batches.

    Args:
        labels: (N,) integer class of each picture.
        classes_per_batch: P; at most the number of classes is taken.
        images_per_class: K.
        seed: of the sampler's own generator.
    """

    miner: str | None = None
    """The miner that its batches are made for; None: whichever the loss takes."""
    wants_pool: bool = False
    """Whether `refresh` is to be called before each epoch."""

    def __init__(self, labels: Sequence[int], classes_per_batch: int, images_per_class: int, seed: int = 0) -> None:
        self.labels = np.asarray(labels, dtype=np.int64)
        self.generator = np.random.default_rng(seed)
        self.members = [np.flatnonzero(self.labels == label) for label in np.unique(self.labels)]
        """Pictures of each class, in the order of the classes' numbers."""
        self.classes_per_batch = min(classes_per_batch, len(self.members))
        self.images_per_class = images_per_class
        self.repeats = 0
        """How often a picture stood twice in one batch so far, since its class has too few."""

    @property
    def batches_per_epoch(self) -> int:
        """⌈N/(P·K)⌉."""
        return -(-len(self.labels) // (self.classes_per_batch * self.images_per_class))

    @abstractmethod
    def epoch(self) -> Indices:
        """The next epoch: (batches, pictures in a batch) numbers of pictures."""

    def refresh(self, embeddings: Embeddings) -> None:  # noqa: B027 - most samplers look at no embedding
        """Take in the embeddings (N, d) of the whole training set, unit rows."""

    def state(self) -> dict[str, Any]:
        """All that decides the epochs to come, in values that JSON can hold; what `refresh` brings excepted."""
        return {"generator": self.generator.bit_generator.state, "repeats": self.repeats}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.generator.bit_generator.state = state["generator"]
        self.repeats = state["repeats"]
