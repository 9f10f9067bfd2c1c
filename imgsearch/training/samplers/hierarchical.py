"""The sampling of hierarchical triplet loss (Ge et al. 2018, "Deep Metric Learning with Hierarchical Triplet Loss")."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgsearch.training import class_tree
from imgsearch.training.samplers.base import Embeddings
from imgsearch.training.samplers.m_per_class import MPerClassSampler


class HierarchicalSampler(MPerClassSampler):
    """l′ anchor classes, the m − 1 nearest classes of each in the tree, t pictures of every class a batch.

    l′·m is `classes_per_batch`, t is `images_per_class`. No class is an anchor class again before all have been, and
    none stands in a batch twice: an anchor class takes the nearest of those that the batch lacks. Before the first
    `refresh` it is `m_per_class`.

    Args:
        labels: (N,) integer class of each picture.
        classes_per_batch: l′·m; where m does not divide it, the last anchor class takes fewer neighbours.
        images_per_class: t.
        seed: of the sampler's own generator.
        neighbours: m − 1; the value is ours.
        levels: L of the tree; 16 as published.
    """

    wants_pool = True

    def __init__(
        self,
        labels: Sequence[int],
        classes_per_batch: int,
        images_per_class: int,
        seed: int = 0,
        neighbours: int = 3,
        levels: int = 16,
    ) -> None:
        super().__init__(labels, classes_per_batch, images_per_class, seed)
        self.neighbours, self.levels = neighbours, levels
        self._tree: class_tree.ClassTree | None = None

    def refresh(self, embeddings: Embeddings) -> None:
        """Build the tree again."""
        numbers = np.unique(self.labels, return_inverse=True)[1]
        self._tree = class_tree.build(embeddings, numbers, len(self.members), self.levels)

    def _next_classes(self) -> list[int]:
        if self._tree is None:
            return super()._next_classes()
        chosen: list[int] = []
        while len(chosen) < self.classes_per_batch:
            if not self._class_queue:
                self._class_queue = self.generator.permutation(len(self.members)).tolist()
            anchor = self._class_queue.pop(0)
            # One that is here already, as another's neighbour, still brings its own.
            chosen += [] if anchor in chosen else [anchor]
            near = self._tree.nearest(anchor)[: self.neighbours + len(chosen)].tolist()
            chosen += [number for number in near if number not in chosen][: self.neighbours]
        return chosen[: self.classes_per_batch]
