"""Butterflies with spread wings, among leaves and flowers or above a meadow."""

from random import Random

from drawing.canvas import Canvas
from drawing.colour import INK, WHITE, Colour, darker, lighter, rgb
from drawing.mood import MINT, MORNING, NOON
from drawing.paint import Linear
from drawing.pen import Pen, place
from drawing.scenes.land import meadow
from drawing.scenes.wood import foliage
from drawing.shapes import Outline, Point, ellipse, leaf, smooth

_WINGS = ("f08a24", "3f7fd0", "f2c230", "b23a6f", "4fae9a", "f4efe0", "c9482f", "7a5bc0")
_EYESPOTS = ("fff1c9", "bfe6ff", "e4572e", "ffd6a5", "fff3b0", "f4845f", "ffe08a", "ff9fd0")
_LEAVES = ("5f9a4a", "c98f9a", "3f7f6f", "8faf5f", "d8a45a", "4f7f8f", "7f9f4f", "b8a0c8")
_FORE: list[Point] = [
    (0.05, -0.25),
    (0.45, -0.85),
    (1.05, -1.15),
    (1.32, -0.98),
    (1.2, -0.5),
    (0.85, -0.08),
    (0.1, 0.05),
]
_HIND: list[Point] = [(0.08, 0.0), (0.7, 0.02), (1.0, 0.3), (0.92, 0.75), (0.55, 1.0), (0.28, 0.7), (0.08, 0.25)]


def butterfly(pen: Pen, wing: Colour, spot: Colour, fold: float, tails: bool) -> None:
    """Centred on the origin, two and a half units wide. `fold` narrows the wings, as when they beat."""
    dark = darker(wing, 0.78)
    for side, narrow in ((-1, 1.0), (1, 1.0 - fold)):
        half = pen.scaled(side * narrow, 1)
        if tails:
            half.line(smooth([(0.55, 0.85), (0.72, 1.15), (0.66, 1.42)], closed=False), dark, 0.1)
        for outline, centre in ((_HIND, (0.55, 0.45)), (_FORE, (0.78, -0.6))):
            edge = smooth(outline)
            half.fill(edge, dark)
            downwards = 0.15 if centre[1] > 0 else -0.4
            veil = Linear((darker(wing, 0.2), wing, lighter(wing, 0.35)), (1, downwards))
            half.fill(_shrunk(edge, centre, 0.84), veil)
            with half.within(edge):
                for tip in outline[1:6]:
                    half.line([(0.08, 0), tip], dark, 0.03, 0.8)
                for x, y in _shrunk(outline[1:6], centre, 0.93):
                    half.dot(x, y, 0.05, lighter(spot, 0.4))
            half.dot(*centre, 0.17, dark)
            half.dot(*centre, 0.12, spot)
            half.dot(centre[0] - 0.03, centre[1] - 0.03, 0.045, WHITE)
    for side in (-1, 1):
        half = pen.scaled(side, 1)
        half.line(smooth([(0.02, -0.5), (0.14, -0.8), (0.34, -1.02)], closed=False), INK, 0.025)
        half.dot(0.35, -1.04, 0.045, INK)
    pen.fill(ellipse(0, 0.28, 0.085, 0.5), Linear((lighter(dark, 0.35), INK), (1, 0.3)))
    pen.fill(ellipse(0, -0.25, 0.11, 0.24), Linear((lighter(dark, 0.4), INK), (1, 0.3)))
    pen.dot(0, -0.5, 0.1, darker(dark, 0.2))


def _shrunk(outline: Outline, centre: Point, factor: float) -> list[Point]:
    return [(centre[0] + (x - centre[0]) * factor, centre[1] + (y - centre[1]) * factor) for x, y in outline]


def _blossom(pen: Pen, colour: Colour) -> None:
    """One unit in radius, on a stalk."""
    pen.line(smooth([(0, 0), (0.2, 2), (-0.2, 5)], closed=False), rgb("4f7f4a"), 0.13)
    for turn in range(0, 360, 40):
        pen.turned(turn).fill(leaf(1.0, 0.55), Linear((lighter(colour, 0.3), colour), (1, 0)))
    pen.dot(0, 0, 0.3, Linear((rgb("ffe08a"), rgb("d99a2b"))))


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    if nth in (2, 5):
        meadow(canvas, rng, (NOON, MINT)[nth % 2], 0.5)
        canvas.soften(3)
    elif nth == 7:
        meadow(canvas, rng, MORNING, 0.62)
        canvas.soften(3)
    else:
        foliage(canvas, rng, rgb(_LEAVES[nth]), lighter(rgb(_LEAVES[nth]), 0.6))
    for _ in range(rng.randint(2, 4)):
        x = rng.choice((rng.uniform(0.02, 0.25), rng.uniform(0.75, 0.98)))
        flower = place(canvas, x, rng.uniform(0.6, 0.9), rng.uniform(0.08, 0.13))
        _blossom(flower, rgb(rng.choice(("f28fb0", "fdf6ec", "9f86d8", "f6a05a", "7fb2e5"))))
    count = (1, 1, 3, 1, 2, 1, 1, 3)[nth]
    for i in range(count):
        near = i == count - 1
        size = (0.3 if count == 1 else 0.23) * rng.uniform(0.95, 1.06) if near else rng.uniform(0.1, 0.13)
        if near:
            x, y = rng.uniform(0.46, 0.54), 0.48 if count == 1 else 0.58
        else:
            x, y = (0.18, 0.84)[i], rng.uniform(0.14, 0.2)
        pen = place(canvas, x, y, size).turned(rng.uniform(-35, 35))
        shade = pen.at(0.08, 0.14)
        for side in (-1, 1):
            shade.scaled(side, 1).fill(smooth(_FORE), INK, 0.18, blur=0.07)
            shade.scaled(side, 1).fill(smooth(_HIND), INK, 0.18, blur=0.07)
        k = (nth + 3 * i) % 8
        butterfly(pen, rgb(_WINGS[k]), rgb(_EYESPOTS[k]), rng.uniform(0, 0.25), tails=k % 3 == 1)
