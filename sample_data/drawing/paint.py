"""What an outline is filled with: one colour, or colours that run across it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from drawing.colour import Colour, darker, lighter

Box = tuple[int, int, int, int]

_COARSE = 4  # gradients are computed on every fourth pixel and enlarged: nobody sees it, and it is ten times faster


@dataclass(frozen=True)
class Linear:
    """Colours in equal steps along a direction of the drawing's own axes; (0, 1) runs from top to bottom."""

    stops: Sequence[Colour]
    direction: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True)
class Radial:
    """Colours outwards from a centre, which is given as a fraction of the outline's bounding box on the page."""

    stops: Sequence[Colour]
    centre: tuple[float, float] = (0.36, 0.3)


Paint = Colour | Linear | Radial


def shaded(colour: Colour, amount: float = 0.22, direction: tuple[float, float] = (0.0, 1.0)) -> Linear:
    """Light on one side, dark on the other."""
    return Linear((lighter(colour, amount), colour, darker(colour, amount)), direction)


def rounded(colour: Colour, amount: float = 0.3) -> Radial:
    """The shading of a ball."""
    return Radial((lighter(colour, amount), colour, darker(colour, amount)))


def linear_patch(paint: Linear, direction: NDArray[np.float64], bounds: NDArray[np.float64], box: Box) -> Image.Image:
    """The pixels of `box`; direction and bounds (the extent of the outline along it) are in pixels."""
    x, y = _grid(box)
    along = x * direction[0] + y * direction[1]
    low, high = bounds
    return _coloured((along - low) / max(high - low, 1e-6), paint.stops, box)


def radial_patch(paint: Radial, extent: NDArray[np.float64], box: Box) -> Image.Image:
    """The pixels of `box`; extent is the outline's bounding box: left, top, right, bottom."""
    left, top, right, bottom = extent
    x, y = _grid(box)
    cx, cy = paint.centre
    dx = (x - left) / max(right - left, 1e-6) - cx
    dy = (y - top) / max(bottom - top, 1e-6) - cy
    return _coloured(np.hypot(dx, dy) / max(1 - cx, 1 - cy, cx, cy), paint.stops, box)


def _grid(box: Box) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    left, top, right, bottom = box
    columns, rows = max(2, (right - left) // _COARSE), max(2, (bottom - top) // _COARSE)
    return np.linspace(left, right, columns)[None, :], np.linspace(top, bottom, rows)[:, None]


def _coloured(t: NDArray[np.float64], stops: Sequence[Colour], box: Box) -> Image.Image:
    at = np.linspace(0, 1, len(stops))
    channels = [np.interp(t, at, [stop[channel] for stop in stops]) for channel in range(3)]
    patch = Image.fromarray(np.stack(channels, axis=-1).round().astype(np.uint8))
    return patch.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.BILINEAR)
