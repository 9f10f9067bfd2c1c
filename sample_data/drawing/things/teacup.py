"""Cups of tea on their saucers, steaming, on tables of all colours."""

import math
from random import Random

from drawing.canvas import Canvas
from drawing.colour import INK, WHITE, Colour, darker, lighter, rgb
from drawing.mood import AUTUMN
from drawing.paint import Linear
from drawing.pen import Pen, place
from drawing.scenes.indoors import PATTERNS, table, wall, window
from drawing.shapes import arc, box, ellipse, leaf, smooth

_CUPS = ("fdfaf3", "3d5a80", "e76f51", "a8dadc", "f2cc8f", "588157", "b56576", "2b2d42")
_TRIMS = ("3a6ea5", "ffd166", "fff3e0", "e63946", "6a4c93", "f4f1de", "ffe5d9", "ef8354")
_TABLES = ("9c6b4a", "e8dcc8", "6f8f86", "c97b63", "5b6c8f", "d9a066", "f1e3d3", "7d4f50")
_WALLS = ("b7cfd4", "d9a5a0", "f0dcb0", "6d8ea0", "e8c7b0", "8e7fae", "a9c4a0", "e0b15e")
_TEAS = ("9a4b1c", "6f3a16", "b8722f", "8a9a3a")


def teacup(pen: Pen, cup: Colour, trim: Colour, tea: Colour, pattern: str) -> None:
    """The foot is on the origin, the handle on the right; the cup is two units wide and one and a half high."""
    pen.shadow(0.1, 0.16, 1.85, 0.36, 0.4)
    saucer = lighter(cup, 0.06)
    pen.fill(ellipse(0, 0.1, 1.7, 0.36), Linear((darker(saucer, 0.1), lighter(saucer, 0.3), darker(saucer, 0.25))))
    pen.fill(ellipse(0, 0.04, 1.68, 0.33), Linear((darker(saucer, 0.18), lighter(saucer, 0.25)), (0.5, 1)))
    pen.line(ellipse(0, 0.04, 1.5, 0.27), trim, 0.05, 0.9)
    pen.fill(ellipse(0, 0.05, 0.85, 0.15), INK, 0.22, blur=0.04)
    handle = smooth([(0.85, -1.1), (1.3, -1.2), (1.42, -0.85), (1.15, -0.5), (0.7, -0.36)], closed=False)
    pen.line(handle, darker(cup, 0.3), 0.2)
    pen.line([(x - 0.02, y - 0.02) for x, y in handle], lighter(cup, 0.1), 0.12)
    body = [
        (-1, -1.3),
        *smooth([(-1, -1.3), (-0.93, -0.75), (-0.62, -0.2), (-0.42, -0.04)], closed=False),
        *arc(0, -0.04, 0.42, 0.09, (180, 0), points=12),
        *smooth([(0.42, -0.04), (0.62, -0.2), (0.93, -0.75), (1, -1.3)], closed=False),
    ]
    pen.fill(body, Linear((lighter(cup, 0.35), lighter(cup, 0.1), cup, darker(cup, 0.4)), (1, 0.12)))
    with pen.within(body):
        _decorate(pen, trim, pattern)
        pen.fill(box(-0.82, -1.2, -0.66, -0.3), WHITE, 0.5, blur=0.06)
        pen.fill(box(0.6, -1.4, 1.2, 0), darker(cup, 0.7), 0.25, blur=0.15)
    pen.fill(ellipse(0, -1.3, 1, 0.24), Linear((lighter(cup, 0.4), darker(cup, 0.12)), (0.2, 1)))
    pen.fill(ellipse(0, -1.29, 0.92, 0.2), Linear((darker(cup, 0.4), darker(cup, 0.1))))
    pen.fill(ellipse(0, -1.25, 0.87, 0.16), Linear((darker(tea, 0.25), lighter(tea, 0.25)), (0.4, 1)))
    pen.fill(ellipse(-0.3, -1.28, 0.3, 0.04), WHITE, 0.35, blur=0.02)


def _decorate(pen: Pen, trim: Colour, pattern: str) -> None:
    if pattern == "band":
        pen.line(arc(0, -1.08, 1.0, 0.24, (180, 0)), trim, 0.13)
        pen.line(arc(0, -0.9, 1.0, 0.24, (180, 0)), trim, 0.04)
    elif pattern == "dots":
        for j in range(3):
            for i in range(-4, 5):
                turn = (i + 0.5 * (j % 2)) * 0.36
                x, y = math.sin(turn) * (0.98 - 0.12 * j), -0.93 + j * 0.3 + 0.18 * math.cos(turn)
                pen.at(x, y).scaled(max(0.25, math.cos(turn)), 1).dot(0, 0, 0.08, trim)
    elif pattern == "sprigs":
        for x in (-0.5, 0.15, 0.65):
            sprig = pen.at(x, -0.6 - abs(x) * 0.1)
            sprig.line([(0, 0.28), (0.02, -0.2)], rgb("4f7f4f"), 0.03)
            for turn in (-150, -30, 150, 30):
                sprig.at(0, 0.08).turned(turn).fill(leaf(0.24, 0.12), rgb("6a9f5a"))
            for turn in range(0, 360, 72):
                sprig.at(0.02, -0.26).turned(turn).dot(0.08, 0, 0.065, trim)
            sprig.dot(0.02, -0.26, 0.05, rgb("ffe08a"))
    else:
        for i in range(-3, 4):
            turn = i * 0.42
            pen.line([(math.sin(turn) * 1.0, -1.4), (math.sin(turn) * 0.5, 0)], trim, 0.13 * math.cos(turn) + 0.02)


def steam(pen: Pen, rng: Random) -> None:
    """Three wisps above the origin."""
    for i in (-1, 0, 1):
        phase = rng.random() * 6
        points = [(i * 0.32 + 0.13 * math.sin(phase + t * 0.5), -t * 0.1) for t in range(12 + 3 * (i == 0))]
        outline = [(x - 0.07, y) for x, y in points] + [(x + 0.07, y) for x, y in reversed(points)]
        pen.fill(outline, WHITE, 0.5, blur=0.06)


def _biscuit(pen: Pen, rng: Random) -> None:
    pen.shadow(0.06, 0.1, 0.5, 0.16, 0.35)
    pen.fill(ellipse(0, 0.05, 0.45, 0.17), rgb("8f5a2a"))
    pen.fill(ellipse(0, 0, 0.45, 0.17), Linear((rgb("e6b877"), rgb("c58a45"))))
    for _ in range(7):
        pen.fill(ellipse(rng.uniform(-0.3, 0.3), rng.uniform(-0.09, 0.09), 0.05, 0.03, 12), rgb("5a3216"))


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    top = rng.uniform(0.5, 0.62)
    if nth in (2, 5):
        window(canvas, rng, AUTUMN, rgb(_WALLS[nth]), top)
    else:
        wall(canvas, rng, rgb(_WALLS[nth]), tuple(PATTERNS)[nth % len(PATTERNS)])
    table(canvas, rng, rgb(_TABLES[nth]), top, cloth=nth in (1, 4))
    count = (1, 1, 2, 1, 1, 1, 2, 1)[nth]
    for i in range(count):
        size = rng.uniform(0.24, 0.28) if count == 1 else 0.155
        x = rng.uniform(0.44, 0.54) if count == 1 else (0.28, 0.7)[i]
        y = (0.83, 0.76, 0.88)[(nth + i) % 3]
        pen = place(canvas, x, y, size)
        steam(pen.at(0, -1.5), rng)
        look = pen.scaled(-1 if (nth + i) % 2 else 1, 1).turned(rng.uniform(-3, 3))
        pattern = ("band", "dots", "sprigs", "flutes")[(nth + 2 * i) % 4]
        teacup(look, rgb(_CUPS[(nth + 3 * i) % 8]), rgb(_TRIMS[(nth + 3 * i) % 8]), rgb(_TEAS[nth % 4]), pattern)
        if nth % 3 == 0:
            _biscuit(pen.at(rng.choice((-1.25, 1.3)), 0.22), rng)
