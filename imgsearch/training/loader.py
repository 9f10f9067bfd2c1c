"""Augmented batches, prepared in a thread while the network works on the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from imgsearch.training.augment import augment
from imgsearch.training.config import Augmentation
from imgsearch.training.dataset import Dataset
from imgsearch.training.parts import QUARTERS
from imgsearch.training.samplers.base import Indices

AHEAD = 2


def views(
    data: Dataset,
    plan: Indices,
    turns: Indices,
    side: int,
    options: Augmentation,
    seeds: Sequence[int],
    device: torch.device,
) -> Iterator[Tensor]:
    """Random views (n, 3, side, side) with values from 0 to 255 for each row of `plan` (batches, n), on `device`.

    Each picture is first turned by as many quarters as `turns` (batches, n) says.
    Each batch is varied by a generator with a seed of its own, so that it looks the same whatever came before.
    """

    def prepare(indices: Indices, quarters: Indices, seed: int) -> Tensor:
        chosen = np.ascontiguousarray(data.pictures[indices])
        for quarter in range(1, QUARTERS):
            chosen[quarters == quarter] = np.rot90(chosen[quarters == quarter], quarter, axes=(1, 2))
        pictures = torch.from_numpy(chosen).to(device)
        return augment(pictures, side, options, torch.Generator().manual_seed(seed))

    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting: list[Future[Tensor]] = []
        try:
            for batch in zip(plan, turns, seeds, strict=True):
                waiting.append(pool.submit(prepare, *batch))
                if len(waiting) > AHEAD:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        finally:  # the run was interrupted: what has not begun will not
            for future in waiting:
                future.cancel()
