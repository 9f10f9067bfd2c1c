"""Laying pictures over others: by a scale and a shift along each axis, found by least squares.

How a picture lies is a row (horizontal scale, horizontal shift, vertical scale, vertical shift): the place x of the
fixed picture, from -0.5 to 0.5 across it, is `scale * x + shift` of the moving one, whatever their resolution.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

REACH = 0.3
"""How far a scale may be from 1, and a shift from 0: enough for a tenth cropped off each edge."""
_STRIDE = 0.1
"""How far one step may go: the slopes speak of the neighbourhood alone."""


def fit(fixed: Floats, moving: Floats, placed: Floats, steps: int) -> Floats:
    """Improve how `moving` lies over `fixed`, both (m, side, side), from `placed` (m, 4) on, in Gauss-Newton steps.

    What is minimised is the squared difference on the overlap, with a gain and an offset in brightness solved for, too.
    """
    side = fixed.shape[1]
    x = _places(side)
    slopes_across, slopes_down = (np.gradient(moving, axis=axis) * side for axis in (2, 1))
    target = fixed.reshape(len(fixed), side * side, 1)
    for _ in range(steps):
        down, across, inside = _sampling(placed, side)
        laid, right, below = (down @ part @ across for part in (moving, slopes_across, slopes_down))
        columns = np.stack([right * x, right, below * x[:, None], below, laid, np.ones_like(laid)], axis=1)
        columns = (columns * inside[:, None]).reshape(len(fixed), 6, side * side)
        square = columns @ columns.transpose(0, 2, 1)
        ridge = 1e-6 * np.trace(square, axis1=1, axis2=2) + 1e-6  # where there are no slopes there is no solution
        solved = np.linalg.solve(square + ridge[:, None, None] * np.eye(6), columns @ target)[:, :, 0]
        step = solved[:, :4] / np.maximum(solved[:, 4:5], 0.3)
        placed = placed + np.clip(step, -_STRIDE, _STRIDE)
        placed = np.clip(placed, [1 - REACH, -REACH] * 2, [1 + REACH, REACH] * 2).astype(np.float32)
    return placed


def overlay(moving: Floats, placed: Floats) -> tuple[Floats, Floats]:
    """The pictures (m, side, side) as they lie over the fixed ones, and 1 where they do, else 0 (m, side, side)."""
    down, across, inside = _sampling(placed, moving.shape[1])
    return np.asarray(down @ moving @ across, dtype=np.float32), inside


def smaller(pictures: Floats, side: int) -> Floats:
    """Pictures (m, n, n) at another resolution that divides n, by averaging."""
    parts = pictures.shape[1] // side
    averaged: Floats = pictures.reshape(len(pictures), side, parts, side, parts).mean((2, 4))
    return averaged


def cosine(one: Floats, other: Floats) -> Floats:
    """Cosine of the arrays (m, …) pair by pair, (m,); 0 where one of them is all zero."""
    axes = tuple(range(1, one.ndim))
    lengths = np.sqrt((one * one).sum(axes) * (other * other).sum(axes))
    cosines: Floats = (one * other).sum(axes) / np.maximum(lengths, 1e-6)
    return cosines


def _sampling(placed: Floats, side: int) -> tuple[Floats, Floats, Floats]:
    """Matrices `down` and `across` for `down @ moving @ across`, bilinear, and where that lies inside `moving`."""
    matrices, within = [], []
    for scale, shift in (placed[:, :2].T, placed[:, 2:].T):
        at = (scale[:, None] * _places(side) + shift[:, None] + 0.5) * side - 0.5
        within.append((at > -0.75) & (at < side - 0.25))
        distances = np.abs(np.clip(at, 0, side - 1)[:, :, None] - np.arange(side, dtype=np.float32))
        matrices.append(np.maximum(0, 1 - distances).astype(np.float32))
    inside = within[1][:, :, None] & within[0][:, None, :]
    return matrices[1], matrices[0].transpose(0, 2, 1), inside.astype(np.float32)


def _places(side: int) -> Floats:
    return ((np.arange(side) + 0.5) / side - 0.5).astype(np.float32)
