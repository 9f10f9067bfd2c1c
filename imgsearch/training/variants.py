"""More classes from the same pictures: a class turned by quarters, or mirrored, is one that can be told apart, too.

What tells them apart helps to tell apart classes that were never seen (Ni et al. 2021, "Data Augmentation for
Meta-Learning", who call it task augmentation).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from imgsearch.training.config import TrainingConfig

Integers = npt.NDArray[np.int64]

QUARTERS = 4


def variants(config: TrainingConfig) -> int:
    """How many classes each class becomes: 1, 2, 4 or 8. Variant v of class c is numbered c · variants + v."""
    return (QUARTERS if config.quarter_turns else 1) * (2 if config.mirrored_classes else 1)


def draw_variants(config: TrainingConfig, labels: Integers, step: int) -> Integers:
    """The variant of each picture of a batch with labels (n,): the same for all pictures of a class."""
    generator = np.random.default_rng([config.seed, step])
    return generator.integers(0, variants(config), int(labels.max()) + 1)[labels]


def turns(drawn: Integers, config: TrainingConfig) -> torch.Tensor:
    """What `show` does, as maps (n, 2, 2) from the coordinates of what is shown to the picture's, from -1 to 1."""
    quarters, mirrored = _parts(drawn, config)
    quarter, mirror = np.array([[0, -1], [1, 0]]), np.diag([-1, 1])
    every = [np.linalg.matrix_power(quarter, number) for number in range(QUARTERS)]
    maps = np.stack([*every, *(one @ mirror for one in every)])
    return torch.from_numpy(maps[quarters + QUARTERS * mirrored]).float()


def show(pictures: npt.NDArray[np.uint8], drawn: Integers, config: TrainingConfig) -> npt.NDArray[np.uint8]:
    """Pictures (n, side, side, 3) as their variants (n,) show them, turned and then mirrored."""
    shown = np.array(pictures)
    quarters, mirrored = _parts(drawn, config)
    for quarter in range(1, QUARTERS):
        shown[quarters == quarter] = np.rot90(shown[quarters == quarter], quarter, axes=(1, 2))
    shown[mirrored == 1] = shown[mirrored == 1][:, :, ::-1]
    return shown


def _parts(drawn: Integers, config: TrainingConfig) -> tuple[Integers, Integers]:
    """By how many quarters variants (n,) are turned, and whether (1) or not (0) they are mirrored after that."""
    return (drawn % QUARTERS, drawn // QUARTERS) if config.quarter_turns else (0 * drawn, drawn)
