"""m-per-class sampling: batches of P classes × K pictures, so that every anchor finds positives and negatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]


class MPerClassSampler:
    """An endless supply of epochs, each ⌈N/(P·K)⌉ batches of P classes × K pictures.

    No class comes again before all have come, and no picture before all of its class have come; both orders are drawn
    anew for every round. A class with fewer than K pictures repeats some within a batch; `repeats` counts those.

    Args:
        labels: (N,) integer class of each picture.
        classes_per_batch: P; at most the number of classes is taken.
        images_per_class: K.
        seed: of the sampler's own generator.
    """

    def __init__(self, labels: Sequence[int], classes_per_batch: int, images_per_class: int, seed: int = 0) -> None:
        array = np.asarray(labels, dtype=np.int64)
        self._generator = np.random.default_rng(seed)
        self._members = [np.flatnonzero(array == label) for label in np.unique(array)]
        self._classes_per_batch = min(classes_per_batch, len(self._members))
        self._images_per_class = images_per_class
        self._class_queue: list[int] = []
        self._picture_queues: list[list[int]] = [[] for _ in self._members]
        self.repeats = 0
        self.batches_per_epoch = -(-len(array) // (self._classes_per_batch * images_per_class))

    def epoch(self) -> Iterator[Indices]:
        """Batches of indices (P·K,), a class's pictures side by side."""
        for _ in range(self.batches_per_epoch):
            classes = self._next_classes()
            yield np.concatenate([self._next_pictures(number) for number in classes])

    def _next_classes(self) -> list[int]:
        chosen: list[int] = []
        while len(chosen) < self._classes_per_batch:
            if not self._class_queue:
                # Classes already in this batch go to the end of the new round: a batch never holds one twice.
                order = self._generator.permutation(len(self._members)).tolist()
                self._class_queue = [c for c in order if c not in chosen] + [c for c in order if c in chosen]
            chosen.append(self._class_queue.pop(0))
        return chosen

    def _next_pictures(self, number: int) -> Indices:
        members, queue = self._members[number], self._picture_queues[number]
        chosen: list[int] = []
        while len(chosen) < self._images_per_class:
            if not queue:
                order = self._generator.permutation(members).tolist()
                queue.extend([p for p in order if p not in chosen] + [p for p in order if p in chosen])
            picture = queue.pop(0)
            self.repeats += picture in chosen
            chosen.append(picture)
        return np.asarray(chosen, dtype=np.int64)
