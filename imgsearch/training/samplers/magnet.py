"""The neighbourhood sampling of magnet loss (Rippel et al. 2016, "Metric Learning with Adaptive Density
Discrimination")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgsearch.training.clusters import clusters_of_classes
from imgsearch.training.samplers.base import Embeddings, Indices
from imgsearch.training.samplers.m_per_class import MPerClassSampler


class MagnetSampler(MPerClassSampler):
    """A seed cluster and the P − 1 nearest clusters of other classes a batch, K pictures of each side by side.

    P is `classes_per_batch`, K is `images_per_class`. No class gives a seed again before all have, and a class's
    clusters take turns. A cluster with fewer than K pictures repeats some within a batch; `repeats` counts those.
    Before the first `refresh` it is `m_per_class`: every class one cluster, and no neighbour known.

    Args:
        labels: (N,) integer class of each picture.
        classes_per_batch: P.
        images_per_class: K.
        seed: of the sampler's own generator.
        clusters: at most so many of each class; the loss `magnet` takes the same option.
    """

    wants_pool = True

    def __init__(
        self, labels: Sequence[int], classes_per_batch: int, images_per_class: int, seed: int = 0, clusters: int = 3
    ) -> None:
        super().__init__(labels, classes_per_batch, images_per_class, seed)
        self.clusters = clusters
        self._turns = [0] * len(self.members)
        self._owners: Indices | None = None

    def refresh(self, embeddings: Embeddings) -> None:
        """Find the clusters of every class again."""
        numbers = np.unique(self.labels, return_inverse=True)[1]
        found = clusters_of_classes(embeddings, numbers, self.clusters)
        self._owners = np.repeat(np.arange(len(found)), [len(one.centres) for one in found])
        self._centres = np.concatenate([one.centres for one in found])
        self._clusters = [members for one in found for members in one.members]

    def epoch(self) -> Indices:
        """(⌈N/(P·K)⌉, P·K) numbers of pictures."""
        if self._owners is None:
            return super().epoch()
        return np.stack([self._batch(self._owners) for _ in range(self.batches_per_epoch)])

    def state(self) -> dict[str, Any]:
        """What `m_per_class` keeps, and whose turn it is in each class."""
        return {**super().state(), "turns": list(self._turns)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        super().restore(state)
        self._turns = list(state["turns"])

    def _batch(self, owners: Indices) -> Indices:
        seed = self._next_seed(owners)
        squares = np.square(self._centres - self._centres[seed]).sum(axis=1)
        squares[owners == owners[seed]] = np.inf
        impostors = np.argsort(squares, kind="stable")[: self.classes_per_batch - 1]
        return np.concatenate([self._some_of(self._clusters[number]) for number in (seed, *impostors)])

    def _next_seed(self, owners: Indices) -> int:
        if not self._class_queue:
            self._class_queue = self.generator.permutation(len(self.members)).tolist()
        number = self._class_queue.pop(0)
        own = np.flatnonzero(owners == number)
        self._turns[number] += 1
        return int(own[self._turns[number] % len(own)])

    def _some_of(self, members: Indices) -> Indices:
        self.repeats += max(0, self.images_per_class - len(members))
        return np.resize(self.generator.permutation(members), self.images_per_class)
