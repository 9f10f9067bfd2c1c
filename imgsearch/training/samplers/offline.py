"""Offline mining: triplets found once an epoch in the whole training set.

Schroff et al. 2015, "FaceNet: A Unified Embedding for Face Recognition and Clustering", name it beside mining in the
batch, for a part of the training set; here it is the whole of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from imgsearch.errors import UserError
from imgsearch.training.samplers.base import Embeddings, Indices, Sampler

CELLS = 1 << 22
"""Distances held at a time."""


class OfflineSampler(Sampler):
    """Batches of anchor, positive, negative, anchor, positive, negative, …; as many as present about N pictures.

    No picture is the anchor again before all that have another of their class were. The positive is drawn from the
    anchor's class. The negative is looked for among all pictures of other classes, by squared distances:

    - "semi_hard": one drawn from D²ap < D²an < D²ap + m; where there is none the nearest beyond the positive, and where
      all are nearer than the positive the farthest of them;
    - "hard": the nearest of all; mislabelled pictures come up first, and a network that is not trained yet may
      collapse.

    Before the first `refresh` all are drawn at random. A batch has P·K pictures, rounded down to whole triplets; two
    of its triplets may share a picture, which `repeats` does not count.

    Args:
        hardness: of the negatives.
        margin: m.
        hard_positives: whether the positive is the farthest of the anchor's class instead of any.

    Raises:
        UserError: another hardness, or no triplet in the whole set.
    """

    miner = "as_sampled"
    wants_pool = True

    def __init__(
        self,
        labels: Sequence[int],
        classes_per_batch: int,
        images_per_class: int,
        seed: int = 0,
        hardness: str = "semi_hard",
        margin: float = 0.2,
        hard_positives: bool = False,
    ) -> None:
        super().__init__(labels, classes_per_batch, images_per_class, seed)
        if hardness not in ("hard", "semi_hard"):
            raise UserError(f"sampler offline: hardness is 'hard' or 'semi_hard', not {hardness!r}")
        self.hardness, self.margin, self.hard_positives = hardness, margin, hard_positives
        self.triplets_per_batch = max(1, self.classes_per_batch * images_per_class // 3)
        # Pictures in order of class: a class is a stretch of it, and drawing from a class is drawing a place.
        self._order = np.concatenate(self.members)
        sizes = np.array([len(one) for one in self.members])
        numbers = np.repeat(np.arange(len(sizes)), sizes)
        self._size, self._start = np.empty_like(self._order), np.empty_like(self._order)
        self._size[self._order], self._start[self._order] = sizes[numbers], (sizes.cumsum() - sizes)[numbers]
        self._anchors = np.flatnonzero(self._size > 1)
        if len(sizes) < 2 or len(self._anchors) == 0:
            raise UserError("sampler offline: a triplet needs two classes, one of them with two pictures")
        self._anchor_queue: list[int] = []
        self._pool: Embeddings | None = None

    @property
    def batches_per_epoch(self) -> int:
        """⌈N/pictures in a batch⌉."""
        return -(-len(self.labels) // (3 * self.triplets_per_batch))

    def refresh(self, embeddings: Embeddings) -> None:
        """Mine from these embeddings (N, d), unit rows, from now on."""
        self._pool = embeddings

    def epoch(self) -> Indices:
        """(⌈N/(3t)⌉, 3t) numbers of pictures, t triplets a batch."""
        anchors = self._next_anchors(self.batches_per_epoch * self.triplets_per_batch)
        if self._pool is None:
            positives, negatives = self._random_positives(anchors), self._random_negatives(anchors)
        else:
            block = max(1, CELLS // len(self.labels))
            parts = [self._mine(anchors[start : start + block], self._pool) for start in range(0, len(anchors), block)]
            positives, negatives = (np.concatenate(part) for part in zip(*parts, strict=True))
        return np.stack([anchors, positives, negatives], axis=1).reshape(self.batches_per_epoch, -1)

    def state(self) -> dict[str, Any]:
        """The generator's state and which pictures are still to be anchors in this round."""
        return {**super().state(), "anchors": list(self._anchor_queue)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        super().restore(state)
        self._anchor_queue = list(state["anchors"])

    def _next_anchors(self, count: int) -> Indices:
        while len(self._anchor_queue) < count:
            self._anchor_queue.extend(self.generator.permutation(self._anchors).tolist())
        chosen, self._anchor_queue = self._anchor_queue[:count], self._anchor_queue[count:]
        return np.asarray(chosen, dtype=np.int64)

    def _random_positives(self, anchors: Indices) -> Indices:
        """Another of each anchor's class, all equally likely."""
        start, size = self._start[anchors], self._size[anchors]
        drawn = start + self.generator.integers(0, size - 1)
        # The anchor's own place falls to the last of its class, which could not be drawn.
        itself = self._order[drawn] == anchors
        return self._order[np.where(itself, start + size - 1, drawn)]

    def _random_negatives(self, anchors: Indices) -> Indices:
        """One of all pictures of other classes, all equally likely."""
        start, size = self._start[anchors], self._size[anchors]
        drawn = self.generator.integers(0, len(self._order) - size)
        return self._order[np.where(drawn < start, drawn, drawn + size)]

    def _mine(self, anchors: Indices, pool: Embeddings) -> tuple[Indices, Indices]:
        """The positives and negatives of a block of anchors."""
        squares = 2.0 - 2.0 * pool[anchors] @ pool.T
        same = self.labels[anchors, None] == self.labels[None, :]
        if self.hard_positives:
            others = same.copy()
            others[np.arange(len(anchors)), anchors] = False
            positives = np.where(others, squares, -np.inf).argmax(axis=1)
        else:
            positives = self._random_positives(anchors)
        if self.hardness == "hard":
            return positives, np.where(same, np.inf, squares).argmin(axis=1)
        return positives, self._semi_hard(squares, ~same, positives)

    def _semi_hard(
        self, squares: npt.NDArray[np.float32], negative: npt.NDArray[np.bool_], positives: Indices
    ) -> Indices:
        to_positive = np.take_along_axis(squares, positives[:, None], axis=1)
        beyond = negative & (squares > to_positive)
        nearest = np.where(beyond, squares, np.inf).argmin(axis=1)
        farthest = np.where(negative, squares, -np.inf).argmax(axis=1)
        so_far = (beyond & (squares < to_positive + self.margin)).cumsum(axis=1, dtype=np.int32)
        found = so_far[:, -1]
        number = self.generator.integers(0, np.maximum(found, 1))
        drawn = (so_far > number[:, None]).argmax(axis=1)
        chosen: Indices = np.where(found > 0, drawn, np.where(beyond.any(axis=1), nearest, farthest))
        return chosen
