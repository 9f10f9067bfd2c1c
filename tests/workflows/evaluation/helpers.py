"""What the tests of evaluation share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from imgsearch.metric.linear import LinearMetric
from imgsearch.model import Model, copy_model, load_model, write_info, write_metric

from ...conftest import draw


def drawn_classes(folder: Path, classes: str = "ab", each: int = 3) -> list[Path]:
    """Pictures of classes named by one letter each; where they lie, in order."""
    numbers = [(name, number) for name in classes for number in range(each)]
    return [draw(folder / name / f"{number}.png", 100 * ord(name) + number) for name, number in numbers]


def other_encoder(folder: Path) -> Model:
    """The embedded model, but that it looks at smaller pictures, so that its embeddings differ."""
    base = load_model("base")
    copy_model(base, folder)
    write_info(folder, replace(base.info, name="other", input_size=64))
    return load_model(folder)


def other_metric(folder: Path, dimension: int = 8) -> Model:
    """The embedded model with a linear metric to fewer dimensions."""
    base = load_model("base")
    copy_model(base, folder)
    rows = np.random.default_rng(0).normal(size=(dimension, base.info.dimension)).astype(np.float32)
    write_metric(folder, LinearMetric.from_affine(np.hstack([rows, np.zeros((dimension, 1), dtype=np.float32)])))
    write_info(folder, replace(base.info, name="metric"))
    return load_model(folder)
