"""Pictures that a small network learns to tell apart within seconds."""

from __future__ import annotations

import numpy as np

from imgsearch.training.config import Augmentation
from imgsearch.training.dataset import Dataset

STILL = Augmentation(
    smallest_crop=1.0, aspect_ratio=1.0, flip=0.0, rotation=0.0, shear=0.0, brightness=0.0, contrast=0.0,
    saturation=0.0, grey=0.0, blur=0.0, jpeg=0.0,
)  # fmt: skip
"""No variation at all."""


def striped(classes: int, each: int = 8, seed: int = 0) -> Dataset:
    """Stripes of one direction a class, in colours and at positions that mean nothing, 32×32."""
    generator = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(32), np.arange(32))
    angles = (np.arange(classes) + generator.random()) * np.pi / classes
    along = np.cos(angles)[:, None, None] * x + np.sin(angles)[:, None, None] * y
    phases = generator.random((classes, each, 1, 1)) * 2 * np.pi
    waves = np.sin(0.8 * along[:, None] + phases)[..., None]
    colours = generator.integers(60, 196, (classes, each, 1, 1, 3))
    noise = generator.integers(-20, 21, (classes, each, 32, 32, 3))
    pictures = np.clip(colours + 40 * waves + noise, 0, 255).astype(np.uint8).reshape(-1, 32, 32, 3)
    names = tuple(f"class {number}" for number in range(classes))
    return Dataset(pictures, np.repeat(np.arange(classes), each), names, (), ())
