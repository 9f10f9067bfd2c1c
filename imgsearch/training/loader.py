"""Augmented batches, prepared in a thread while the network works on the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor

from imgsearch.training.augment import augment
from imgsearch.training.config import TrainingConfig
from imgsearch.training.dataset import Dataset
from imgsearch.training.samplers.base import Indices
from imgsearch.training.variants import turns

AHEAD = 2


def views(
    data: Dataset,
    plan: Indices,
    variants: Indices,
    side: int,
    config: TrainingConfig,
    seeds: Sequence[int],
    device: torch.device,
) -> Iterator[Tensor]:
    """Random views (n, 3, side, side) with values from 0 to 255 for each row of `plan` (batches, n), on `device`.

    Each picture is shown as the variant of its class that `variants` (batches, n) says.
    Each batch is varied by a generator with a seed of its own, so that it looks the same whatever came before.
    """

    def prepare(indices: Indices, drawn: Indices, seed: int) -> Tensor:
        pictures = torch.from_numpy(data.pictures[indices]).to(device)
        generator = torch.Generator().manual_seed(seed)
        return augment(pictures, side, config.augmentation, generator, turns(drawn, config))

    # One thread of torch's for the views: with more, they and the network's would wait for one another.
    with ThreadPoolExecutor(max_workers=1, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        waiting: list[Future[Tensor]] = []
        try:
            for batch in zip(plan, variants, seeds, strict=True):
                waiting.append(pool.submit(prepare, *batch))
                if len(waiting) > AHEAD:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        finally:  # the run was interrupted: what has not begun will not
            for future in waiting:
                future.cancel()
