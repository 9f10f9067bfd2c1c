"""What a picture has in several orientations, joined: what was learned of all of them counts when it is searched for.

A network that was taught turned and mirrored classes as classes of their own sees something else in each of them (Lee
et al. 2020, "Self-supervised Label Augmentation via Input Transformations", who average over such views at test time).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from imgsearch.metric.linear import LinearMetric
from imgsearch.training.variants import QUARTERS

COUNTS = (1, QUARTERS, 2 * QUARTERS)
"""The picture as it is; its quarter turns; those and their mirror images."""


def oriented(pictures: Tensor, count: int) -> Tensor:
    """Square pictures (n, 3, side, side) in 4 or 8 orientations, (count · n, 3, side, side).

    Turned by 0, 90, 180 and 270 degrees, then those mirrored: the order of `imgsearch.training.variants` where both
    are classes of their own.
    """
    turned: list[Tensor] = [torch.rot90(pictures, quarter, (2, 3)) for quarter in range(QUARTERS)]
    return torch.cat([*turned, *(view.flip(3) for view in turned[: count - QUARTERS])])


def joined_orientations(rows: Tensor, count: int) -> Tensor:
    """Rows (count · n, d) in the order of `oriented` → (n, count · d), whose products are the means of theirs."""
    joined: Tensor = rows.view(count, -1, rows.shape[1]).transpose(0, 1).flatten(1) / count**0.5
    return joined


def in_each_orientation(metric: LinearMetric, count: int) -> LinearMetric:
    """The metric on joined orientations (count · d) that maps each of them as `metric` does its d dimensions."""
    matrix = np.kron(np.eye(count, dtype=np.float32), metric.matrix)
    return LinearMetric(matrix, offset=np.tile(metric.offset, count) / np.float32(count**0.5))
