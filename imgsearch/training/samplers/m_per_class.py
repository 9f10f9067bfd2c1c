"""m-per-class sampling: batches of P classes × K pictures, so that every anchor finds positives and negatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgsearch.training.samplers.base import Indices, Sampler


class MPerClassSampler(Sampler):
    """P classes × K pictures a batch, a class's pictures side by side.

    No class comes again before all have come, and no picture before all of its class have come; both orders are drawn
    anew for every round. A class with fewer than K pictures repeats some within a batch; `repeats` counts those.

    Args:
        by_size: a class comes ⌈n/K⌉ times a round for its n pictures instead of once, so that an epoch shows every
            picture about once, however unequal the classes are; though once a batch at most.
    """

    def __init__(
        self,
        labels: Sequence[int],
        classes_per_batch: int,
        images_per_class: int,
        seed: int = 0,
        by_size: bool = False,
    ) -> None:
        super().__init__(labels, classes_per_batch, images_per_class, seed)
        self._appearances = np.ones(len(self.members), dtype=np.int64)
        if by_size:
            self._appearances = _evened(
                [-(-len(members) // images_per_class) for members in self.members], classes_per_batch
            )
        self._class_queue: list[int] = []
        self._picture_queues: list[list[int]] = [[] for _ in self.members]

    def epoch(self) -> Indices:
        """(⌈N/(P·K)⌉, P·K) numbers of pictures."""
        return np.stack(
            [
                np.concatenate([self._next_pictures(number) for number in self._next_classes()])
                for _ in range(self.batches_per_epoch)
            ]
        )

    def state(self) -> dict[str, Any]:
        """The generator's state and what is left of each round."""
        pictures = [list(queue) for queue in self._picture_queues]
        return {**super().state(), "classes": list(self._class_queue), "pictures": pictures}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        super().restore(state)
        self._class_queue = list(state["classes"])
        self._picture_queues = [list(queue) for queue in state["pictures"]]

    def _next_classes(self) -> list[int]:
        chosen: list[int] = []
        while len(chosen) < self.classes_per_batch:
            # A class that is in this batch already waits for the next one: a batch never holds one twice.
            place = next((at for at, number in enumerate(self._class_queue) if number not in chosen), None)
            if place is None:
                self._class_queue += self._round()
            else:
                chosen.append(self._class_queue.pop(place))
        return chosen

    def _round(self) -> list[int]:
        appearances = np.repeat(np.arange(len(self._appearances)), self._appearances)
        order: list[int] = self.generator.permutation(appearances).tolist()
        return order

    def _next_pictures(self, number: int) -> Indices:
        members, queue = self.members[number], self._picture_queues[number]
        chosen: list[int] = []
        while len(chosen) < self.images_per_class:
            if not queue:
                order = self.generator.permutation(members).tolist()
                queue.extend([p for p in order if p not in chosen] + [p for p in order if p in chosen])
            picture = queue.pop(0)
            self.repeats += picture in chosen
            chosen.append(picture)
        return np.asarray(chosen, dtype=np.int64)


def _evened(appearances: Sequence[int], classes_per_batch: int) -> Indices:
    """`appearances` (classes,), of which none is larger than the number of batches that all of them fill."""
    evened = np.asarray(appearances, dtype=np.int64)
    while True:
        most = max(1, int(evened.sum()) // min(classes_per_batch, len(evened)))
        if evened.max() <= most:
            return evened
        evened = np.minimum(evened, most)
