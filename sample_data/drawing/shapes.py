"""Outlines as lists of points; y grows downwards, angles are in degrees and turn clockwise from the x axis."""

import math
from collections.abc import Sequence
from itertools import pairwise
from random import Random

Point = tuple[float, float]
Outline = Sequence[Point]


def ellipse(x: float, y: float, rx: float, ry: float | None = None, points: int = 64) -> list[Point]:
    return arc(x, y, rx, ry, (0, 360), points=points)[:-1]


def arc(x: float, y: float, rx: float, ry: float | None, span: tuple[float, float], *, points: int = 48) -> list[Point]:
    """Part of an ellipse, from the first to the second angle of `span`; a circle where `ry` is None."""
    ry = rx if ry is None else ry
    start, end = span
    angles = [math.radians(start + (end - start) * i / points) for i in range(points + 1)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


def box(left: float, top: float, right: float, bottom: float, radius: float = 0.0) -> list[Point]:
    """A rectangle, with round corners if a radius is given."""
    if radius <= 0:
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    corners = [
        (right - radius, top + radius, -90),
        (right - radius, bottom - radius, 0),
        (left + radius, bottom - radius, 90),
        (left + radius, top + radius, 180),
    ]
    return [point for x, y, start in corners for point in arc(x, y, radius, None, (start, start + 90), points=8)]


def smooth(points: Outline, closed: bool = True, steps: int = 10) -> list[Point]:
    """The Catmull-Rom curve through the points."""
    count = len(points)
    curve: list[Point] = []
    for i in range(count if closed else count - 1):
        if closed:
            p0, p1, p2, p3 = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        else:
            p0, p1, p2, p3 = (points[min(max(i + k, 0), count - 1)] for k in (-1, 0, 1, 2))
        curve += [
            (_spline(p0[0], p1[0], p2[0], p3[0], t / steps), _spline(p0[1], p1[1], p2[1], p3[1], t / steps))
            for t in range(steps)
        ]
    if not closed:
        curve.append(points[-1])
    return curve


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def mirrored(half: Outline) -> list[Point]:
    """A closed outline from its right half, reflected at x = 0."""
    return [*half, *((-x, y) for x, y in reversed(half))]


def flipped(points: Outline) -> list[Point]:
    """Reflected at x = 0."""
    return [(-x, y) for x, y in points]


def leaf(length: float, width: float) -> list[Point]:
    """A pointed leaf or petal from the origin along the x axis."""
    half = [(0.0, 0.0), (length * 0.25, width * 0.4), (length * 0.55, width * 0.5), (length * 0.85, width * 0.22)]
    edge = smooth([*half, (length, 0.0)], closed=False)
    return edge + [(x, -y) for x, y in reversed(edge)]


def ridge(rng: Random, height: float, relief: float, bumps: int, sharp: bool = False) -> list[Point]:
    """Land on a page of 1 × 1: a horizon around `height`, closed at the bottom edge. Sharp ones are mountains."""
    peaks: list[Point] = [(-0.15, height + rng.uniform(-relief, relief))]
    for i in range(bumps):
        x = (i + rng.uniform(0.2, 0.8)) / bumps
        sign = (-1 if i % 2 else 1) if sharp else rng.choice((-1, 1))
        peaks.append((x, height + sign * rng.uniform(0.4, 1.0) * relief))
    peaks.append((1.15, height + rng.uniform(-relief, relief)))
    line = jagged(rng, peaks, relief * 0.18) if sharp else smooth(peaks, closed=False, steps=16)
    return [*line, (1.15, 1.1), (-0.15, 1.1)]


def jagged(rng: Random, points: Outline, roughness: float, rounds: int = 3) -> list[Point]:
    """Midpoint displacement: every stretch is halved and its middle moved, less in each round."""
    line = list(points)
    for _ in range(rounds):
        finer: list[Point] = []
        for (x0, y0), (x1, y1) in pairwise(line):
            finer += [(x0, y0), ((x0 + x1) / 2, (y0 + y1) / 2 + rng.uniform(-roughness, roughness))]
        line = [*finer, line[-1]]
        roughness *= 0.5
    return line
