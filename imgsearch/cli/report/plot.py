"""A plot of curves in the unit square, as SVG whose colours come from report.css."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from imgsearch.workflows.evaluation.extras import Curve

SIDE, LEFT, BOTTOM, TOP, RIGHT = 340, 58, 50, 12, 14
"""Of the square and of what is around it, in units of the drawing."""
TICKS = (0, 0.2, 0.4, 0.6, 0.8, 1)
SERIES = 6
"""Colours and dashes there are; further curves begin anew."""


@dataclass
class Plot:
    """A square from 0 to 1 both ways; what is drawn later lies above what was drawn before."""

    across: str
    upward: str
    _parts: list[str] = field(default_factory=list)

    def curve(self, curve: Curve, series: int) -> None:
        """A curve in the colour and dash of that series."""
        points = " ".join(f"{_x(x)} {_y(y)}" for x, y in zip(_unit(curve.x), _unit(curve.y), strict=True))
        self._parts.append(f'<polyline class="curve s{series % SERIES}" points="{points}"/>')

    def reference(self, start: tuple[float, float], end: tuple[float, float], title: str) -> None:
        """A thin line: what chance comes to."""
        line = f'x1="{_x(start[0])}" y1="{_y(start[1])}" x2="{_x(end[0])}" y2="{_y(end[1])}"'
        self._parts.append(f'<line class="reference" {line}><title>{title}</title></line>')

    def mark(self, x: float, y: float, title: str) -> None:
        """A point of its own, with its name beside it."""
        dx, anchor = (9, "start") if x < 0.5 else (-9, "end")
        dy = 18 if y > 0.5 else -10
        self._parts.append(
            f'<circle class="mark" cx="{_x(x)}" cy="{_y(y)}" r="5"/>'
            f'<text class="marked" x="{_x(x) + dx}" y="{_y(y) + dy}" text-anchor="{anchor}">{title}</text>'
        )

    def svg(self, label: str) -> str:
        """All of it; `label` is what it shows, for those who cannot see it, and HTML already."""
        lines = [*(_across(tick) for tick in TICKS), *(_upward(tick) for tick in TICKS)]
        middle = LEFT + SIDE / 2
        names = (
            f'<text class="axis" x="{middle}" y="{TOP + SIDE + 42}" text-anchor="middle">{self.across}</text>'
            f'<text class="axis" transform="translate(15 {TOP + SIDE / 2}) rotate(-90)" text-anchor="middle">'
            f"{self.upward}</text>"
        )
        size = f"0 0 {LEFT + SIDE + RIGHT} {TOP + SIDE + BOTTOM}"
        return (
            f'<svg class="plot" viewBox="{size}" role="img" aria-label="{label}">\n'
            f"{''.join(lines)}{names}\n" + "\n".join(self._parts) + "\n</svg>"
        )


def _unit(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[float]:
    return [float(value) for value in np.clip(np.nan_to_num(values), 0, 1)]


def _x(value: float) -> float:
    return round(LEFT + SIDE * value, 1)


def _y(value: float) -> float:
    return round(TOP + SIDE * (1 - value), 1)


def _across(tick: float) -> str:
    x, low = _x(tick), TOP + SIDE
    return (
        f'<line class="grid" x1="{x}" y1="{TOP}" x2="{x}" y2="{low}"/>'
        f'<text class="tick" x="{x}" y="{low + 19}" text-anchor="middle">{tick:g}</text>'
    )


def _upward(tick: float) -> str:
    y = _y(tick)
    return (
        f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{LEFT + SIDE}" y2="{y}"/>'
        f'<text class="tick" x="{LEFT - 8}" y="{y + 5}" text-anchor="end">{tick:g}</text>'
    )
