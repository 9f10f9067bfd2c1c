"""The map as SVG: points as dots and rings, grouped by class, so that a class can be lit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, EDGE = 1000, 640, 24
"""Of the drawing, and how far from its edge the outermost point is."""
RIGHT, WRONG, NO_QUERY = range(3)
"""Whether the nearest picture is of the same class; or nothing of it is to be found."""
SHAPES = ("right", "wrong", "neither")
MEANINGS = ("its nearest picture is of its class", "its nearest picture is of another class", "nothing to be found")


def placed(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Into the drawing, (n, 2), both ways by the same factor, the middle in its middle."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.array([WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE])
    reach = np.where(high > low, high - low, 1)
    factor = np.where(high > low, room / reach, np.inf).min()
    factor = factor if np.isfinite(factor) else 0.0
    on_drawing: NDArray[np.float64] = np.round(
        (points - (low + high) / 2) * factor * [1, -1] + [WIDTH / 2, HEIGHT / 2], 1
    )
    return on_drawing


def map_svg(points: NDArray[np.float64], shapes: NDArray[np.intp], names: Sequence[str]) -> str:
    """Placed points (n, 2), their shapes (n,) and class names (n), which come in runs; each is a group to be lit."""
    wrong = int((shapes == WRONG).sum())
    label = f"Map of {len(points):,} pictures; for {wrong:,} of them the nearest picture is of another class"
    groups = []
    for number, (_, run) in enumerate(groupby(range(len(points)), key=names.__getitem__)):
        rows = list(run)
        dots = ""
        for shape in (RIGHT, WRONG, NO_QUERY):
            path = "".join(f"M{points[row, 0]:g} {points[row, 1]:g}h0" for row in rows if shapes[row] == shape)
            dots += _dots(shape, path) if path else ""
        hue = round(number * 137.508) % 360  # the golden angle: classes that follow one another differ most
        groups.append(f'<g class="c{number}" style="--hue:{hue}">{dots}</g>')
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" style="--dot:{_dot(len(points))}px" role="img" '
        f'aria-label="{label}" aria-describedby="map-help">\n' + "\n".join(groups) + '\n<path class="here" d=""/></svg>'
    )


def legend(shapes: NDArray[np.intp]) -> str:
    """What a dot and a ring mean, those that there are."""
    if (shapes == NO_QUERY).all():
        return ""
    entries = [
        f'<li><svg viewBox="-6 -6 12 12" aria-hidden="true">{_dots(shape, "M0 0h0")}</svg>{MEANINGS[shape]}</li>'
        for shape in (RIGHT, WRONG, NO_QUERY)
        if (shapes == shape).any()
    ]
    return '<ul class="legend">' + "\n".join(entries) + "</ul>"


def _dot(count: int) -> int:
    """Pixels across a dot: the more there are, the smaller."""
    return 8 if count <= 500 else 6 if count <= 1500 else 5


def _dots(shape: int, path: str) -> str:
    """Points as lines without length: a dot, or a ring, of the same size however near one comes."""
    inner = f'<path class="hole" d="{path}"/>' if shape == WRONG else ""
    return f'<path class="{SHAPES[shape]}" d="{path}"/>{inner}'
