"""Episodes of few-shot classification, drawn by lot: some classes, and some pictures of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def draw_episodes(
    lots: list[np.random.Generator], members: list[NDArray[np.intp]], shape: tuple[int, int, int]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Pictures for episodes, classes and places of this shape, and whether a class had one for the place.

    Takes two generators and the pictures of each class. Episodes drawn in several calls are those of a single one.
    """
    episodes, way, places = shape
    sizes = np.array([len(rows) for rows in members])
    chosen = np.argsort(lots[0].random((episodes, len(members))), axis=1)[:, :way]
    keys = lots[1].random((episodes, way, int(sizes.max())))
    keys[np.arange(sizes.max()) >= sizes[chosen][:, :, np.newaxis]] = 2.0  # beyond the class: last
    least = np.argpartition(keys, min(places, keys.shape[2]) - 1, axis=2)[:, :, :places]
    order = np.take_along_axis(least, np.argsort(np.take_along_axis(keys, least, axis=2), axis=2), axis=2)
    real = np.zeros(shape, dtype=np.bool_)
    real[:, :, : order.shape[2]] = order < sizes[chosen][:, :, np.newaxis]
    drawn = np.zeros(shape, dtype=np.intp)
    starts = np.cumsum(sizes) - sizes
    drawn[:, :, : order.shape[2]] = starts[chosen][:, :, np.newaxis] + order
    return np.concatenate(members)[np.where(real, drawn, starts[chosen][:, :, np.newaxis])], real
