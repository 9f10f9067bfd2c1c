"""Fish under water: tall, round or slender; striped, spotted or scaled; alone or in a shoal."""

import math
from random import Random

from drawing.canvas import Canvas
from drawing.colour import INK, WHITE, Colour, darker, lighter, rgb
from drawing.paint import Linear, shaded
from drawing.pen import Pen, place
from drawing.scenes.water import underwater
from drawing.shapes import Point, arc, box, smooth

_WATERS = ("1f7fb0", "17677f", "3aa6a6", "234d8c", "5aa9c8", "0f5f66", "3f5fa8", "6fb8a8")
_SANDS = ("e9d8a6", "d4b483", "f2e2c4", "b8a9c9", "e6c9a8", "c9b27c", "cfc6d8", "f4e7c5")
_WEEDS = ("2d8f6f", "4f9d4f", "b5543c", "3f7f9f", "7a9f3f", "2f6f4f", "a5487a", "4f8f7f")
_BODIES = ("f77f00", "f4d35e", "e63946", "ff9fb2", "5e60ce", "f8f4e3", "ffb703", "43aa8b")
_MARKS = ("fff8ec", "1d3557", "ffd166", "9b2f5f", "ffc300", "e4572e", "023e8a", "f9f871")
_KINDS = ("round", "tall", "slender", "tall", "round", "slender", "tall", "round")
_PATTERNS = ("stripes", "stripes", "scales", "spots", "scales", "spots", "stripes", "spots")

_HEIGHTS = {"round": 0.62, "tall": 0.85, "slender": 0.4}


def fish(pen: Pen, rng: Random, kind: str, pattern: str, colours: tuple[Colour, Colour]) -> None:
    """It swims to the right, centred on the origin and about two and a half units long; colours of body and marks."""
    body, mark = colours
    high = _HEIGHTS[kind]
    fin = Linear((lighter(mark, 0.3), mark, darker(mark, 0.25)))
    tail = smooth(
        [
            (-0.8, 0),
            (-1.25, -high * 0.85),
            (-1.5, -high * 0.95),
            (-1.32, -0.05),
            (-1.48, high * 0.9),
            (-1.25, high * 0.85),
        ]
    )
    pen.fill(tail, fin)
    peak = 1.5 if kind == "tall" else 1.3
    for side in (-1, 1):
        back = smooth(
            [
                (0.45, side * high * 0.75),
                (0.0, side * high * peak),
                (-0.6, side * high * peak * 1.05),
                (-0.55, side * high * 0.5),
            ]
        )
        pen.fill(back, fin)
        for i in range(5):
            pen.line(
                [(0.2 - i * 0.16, side * high * 0.7), (0.02 - i * 0.16, side * high * 1.25)],
                darker(mark, 0.3),
                0.018,
                0.45,
            )
    for i in range(-3, 4):
        pen.line([(-0.95, i * 0.04), (-1.36, i * high * 0.26)], darker(mark, 0.3), 0.018, 0.45)
    outline = smooth(
        [
            (1.08, 0.04),
            (0.85, -high * 0.5),
            (0.3, -high * 0.98),
            (-0.35, -high * 0.8),
            (-0.95, -0.13),
            (-0.95, 0.13),
            (-0.35, high * 0.8),
            (0.3, high * 0.98),
            (0.85, high * 0.55),
        ]
    )
    pen.fill(outline, Linear((darker(body, 0.2), body, lighter(body, 0.45))))
    with pen.within(outline):
        _mark(pen, rng, pattern, body, mark)
        pen.fill(arc(0.95, 0, 0.6, high * 1.2, (100, 260)), darker(body, 0.3), 0.18)
        pen.line(arc(1.05, 0, 0.62, high * 1.1, (125, 235)), darker(body, 0.45), 0.03, 0.7)
    pectoral = smooth([(0.28, 0.05), (-0.1, 0.02), (-0.28, 0.22), (-0.05, 0.3)])
    pen.fill(pectoral, shaded(mark, 0.2), 0.95)
    pen.dot(0.72, -high * 0.22, 0.14, WHITE)
    pen.dot(0.75, -high * 0.22, 0.085, INK)
    pen.dot(0.78, -high * 0.22 - 0.04, 0.03, WHITE)
    pen.line(arc(1.0, 0.08, 0.14, 0.09, (60, 150)), darker(body, 0.6), 0.03)


def _mark(pen: Pen, rng: Random, pattern: str, body: Colour, mark: Colour) -> None:
    if pattern == "stripes":
        for x in (0.36, -0.12, -0.58):
            bent: list[Point] = smooth([(x, -1), (x + 0.1, 0), (x, 1)], closed=False)
            pen.line(bent, darker(mark, 0.4), 0.28, 0.8)
            pen.line(bent, mark, 0.21)
    elif pattern == "spots":
        for _ in range(26):
            pen.dot(rng.uniform(-0.85, 0.45), rng.uniform(-0.8, 0.8), rng.uniform(0.04, 0.1), mark, 0.9)
    else:
        for i in range(9):
            for j in range(-5, 6):
                x, y = 0.4 - i * 0.16, j * 0.17 + 0.085 * (i % 2)
                pen.line(arc(x, y, 0.1, None, (100, 260), points=10), darker(body, 0.4), 0.022, 0.55)
        pen.fill(box(-1, -0.06, 0.4, 0.06), mark, 0.5, blur=0.03)


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    underwater(canvas, rng, rgb(_WATERS[nth]), rgb(_SANDS[nth]), rgb(_WEEDS[nth]))
    count = (1, 2, 6, 1, 3, 5, 1, 2)[nth]
    direction = -1 if nth % 2 else 1
    for i in range(count):
        if count == 1:
            x, y, size = rng.uniform(0.44, 0.56), rng.uniform(0.42, 0.55), rng.uniform(0.27, 0.31)
        else:
            turn = i / count * 2 * math.pi + 0.6
            x, y = 0.5 + 0.25 * math.cos(turn), 0.48 + 0.24 * math.sin(turn)
            size = rng.uniform(0.9, 1.15) * (0.19 if count < 4 else 0.125)
        shoal = nth in (2, 5)
        livery = (nth + (0 if shoal else 3 * i)) % 8
        look = (nth + (0 if shoal else i)) % 8
        pen = place(canvas, x, y, size).scaled(direction, 1).turned(rng.uniform(-16, 16))
        fish(pen, rng, _KINDS[look], _PATTERNS[look], (rgb(_BODIES[livery]), rgb(_MARKS[livery])))
