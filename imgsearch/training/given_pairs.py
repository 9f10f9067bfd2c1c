"""Training from pairs that are given, where pictures have no classes: batches of pairs, and nothing compared but those.

Every picture counts as a class of its own, so that its label is its number.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from imgsearch.errors import UserError
from imgsearch.metric.pairs import Pairs as GivenPairs
from imgsearch.training.config import TrainingConfig
from imgsearch.training.parts import Parts
from imgsearch.training.samplers.base import Indices, Sampler
from imgsearch.training.tuples import Pairs


class PairSampler(Sampler):
    """Batches of pairs, the two pictures of each side by side; every pair once an epoch, in an order drawn anew.

    Args:
        pairs: which pictures belong together in a batch, whether same or different.
        pairs_per_batch: at most so many as there are; the last batch is filled up with pairs of the first.
        seed: of the sampler's own generator.
    """

    def __init__(self, pairs: GivenPairs, pairs_per_batch: int, seed: int = 0) -> None:
        rows = np.stack([pairs.first, pairs.second], axis=1).astype(np.int64)
        super().__init__(list(range(int(rows.max()) + 1)), 2, 2, seed)
        self.rows = rows
        self.pairs_per_batch = min(pairs_per_batch, len(rows))

    @property
    def batches_per_epoch(self) -> int:
        """⌈pairs / pairs_per_batch⌉."""
        return -(-len(self.rows) // self.pairs_per_batch)

    def epoch(self) -> Indices:
        """(batches, 2·pairs_per_batch) numbers of pictures."""
        order = self.generator.permutation(len(self.rows))
        whole = np.resize(order, self.batches_per_epoch * self.pairs_per_batch)
        return self.rows[whole].reshape(self.batches_per_epoch, -1)


class GivenMiner:
    """Keeps the pairs of a batch that are among the given ones, also those that met there by chance."""

    def __init__(self, pairs: GivenPairs, pictures: int) -> None:
        self.pictures = pictures
        keys = torch.from_numpy(
            np.minimum(pairs.first, pairs.second) * pictures + np.maximum(pairs.first, pairs.second)
        )
        same = torch.from_numpy(pairs.same)
        self.same, self.different = keys[same], keys[~same]

    def __call__(self, embeddings: Tensor, labels: Tensor) -> Pairs:
        """Labels (n,), the pictures' numbers → masks (n, n)."""
        low, high = torch.minimum(labels[:, None], labels), torch.maximum(labels[:, None], labels)
        keys = low * self.pictures + high
        return Pairs(torch.isin(keys, self.same.to(keys.device)), torch.isin(keys, self.different.to(keys.device)))


def without_classes(config: TrainingConfig) -> TrainingConfig:
    """The configuration, without what makes classes of classes.

    Raises:
        UserError: it names a miner or a sampler, which the pairs take the place of.
    """
    for option, name in (("miner", config.miner), ("sampler", config.sampler)):
        if name is not None:
            raise UserError(f"--pairs says which pictures to compare; leave --{option} {name} away")
    return replace(config, quarter_turns=False, mirrored_classes=False)


def taught_by_pairs(parts: Parts, pairs: GivenPairs, pictures: int) -> Parts:
    """The parts with batches and tuples of the given pairs.

    Raises:
        UserError: the loss does not compare pairs.
    """
    if parts.loss.kind is not Pairs or parts.loss.inputs:
        raise UserError(
            f"loss {parts.config.loss} does not learn from pairs alone; give --loss contrastive, bell_bala or another "
            "of which `train --list` says that it does"
        )
    per_batch = parts.config.classes_per_batch * (parts.config.images_per_class or 2) // 2
    sampler = PairSampler(pairs, per_batch, parts.config.seed)
    config = replace(parts.config, miner="pairs", sampler="pairs")
    return Parts(parts.loss, GivenMiner(pairs, pictures), sampler, config)
