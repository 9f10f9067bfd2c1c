"""Owls on their branches, awake, by night and by day."""

import math
from random import Random

from drawing.canvas import Canvas
from drawing.colour import INK, WHITE, Colour, darker, lighter, rgb
from drawing.mood import DUSK, NIGHT, WINTER
from drawing.paint import Linear, Radial
from drawing.pen import Pen, page, place
from drawing.scenes.land import hills, snowfall, snowfield
from drawing.scenes.sky import sky
from drawing.scenes.wood import foliage, forest
from drawing.shapes import arc, ellipse, leaf, mirrored, smooth

_FEATHERS = ("8a5a3b", "6f7480", "f1f0ee", "b5653a", "c9a26a", "54505f", "7d6a58", "5f7f8a")
_EYES = ("ffb703", "ff8c1a", "f6d743", "2b2530", "ffd23f", "ff9f1c", "f4a300", "ffe066")
_BARK = rgb("5d4636")
_LEAVES = {1: rgb("4f8a4a"), 3: rgb("c9822f"), 4: rgb("5a4a6f"), 6: rgb("3f7a5a")}
_BODY = ((0.0, -2.18), (0.48, -2.08), (0.74, -1.65), (0.76, -0.9), (0.6, -0.3), (0.3, 0.02), (0.0, 0.08))


def owl(pen: Pen, rng: Random, colour: Colour, eye: Colour, ears: bool) -> None:
    """Perched on the origin, about two and a half units high, facing us."""
    pale, dark = lighter(colour, 0.55), darker(colour, 0.35)
    tail = smooth([(-0.28, -0.2), (-0.22, 0.55), (0, 0.65), (0.22, 0.55), (0.28, -0.2)])
    pen.fill(tail, Linear((colour, darker(colour, 0.5))))
    pen.fill(smooth(mirrored(_BODY)), Linear((lighter(colour, 0.1), colour, darker(colour, 0.25)), (0.4, 1)))
    if ears:
        for side in (-1, 1):
            pen.scaled(side, 1).fill(smooth([(0.22, -2.08), (0.62, -2.5), (0.66, -1.8)]), dark)
    belly = ellipse(0, -0.72, 0.5, 0.74)
    pen.fill(belly, Linear((lighter(pale, 0.3), pale)))
    with pen.within(belly):
        for j in range(7):
            for i in range(-4, 5):
                x, y = (i + 0.5 * (j % 2)) * 0.19, -1.2 + j * 0.2
                pen.line(arc(x, y, 0.085, 0.1, (20, 160), points=8), dark, 0.035, 0.75)
    for side in (-1, 1):
        half = pen.scaled(side, 1)
        wing = smooth([(0.56, -1.5), (0.86, -1.2), (0.9, -0.55), (0.6, 0.15), (0.44, -0.3), (0.42, -1.0)])
        half.fill(wing, Linear((lighter(colour, 0.05), dark), (0.2, 1)))
        with half.within(wing):
            for i in range(6):
                half.line(
                    arc(0.62, -1.15 + i * 0.22, 0.22, 0.16, (10, 170), points=10), lighter(colour, 0.35), 0.03, 0.7
                )
        for x in (0.16, 0.27, 0.38):
            half.fill(ellipse(x, 0.04, 0.06, 0.12, 20), rgb("e0a030"))
    _face(pen, rng, pale, dark, eye)


def _face(pen: Pen, rng: Random, pale: Colour, dark: Colour, eye: Colour) -> None:
    look = rng.uniform(-0.05, 0.05)
    for side in (-1, 1):
        half = pen.scaled(side, 1)
        disc = ellipse(0.32, -1.66, 0.38, 0.4)
        half.fill(disc, Radial((lighter(pale, 0.4), pale, darker(pale, 0.2)), (0.5, 0.5)))
        for i in range(18):
            turn = i / 18 * 2 * math.pi
            half.line(
                [
                    (0.32 + 0.27 * math.cos(turn), -1.66 + 0.28 * math.sin(turn)),
                    (0.32 + 0.36 * math.cos(turn), -1.66 + 0.38 * math.sin(turn)),
                ],
                dark,
                0.018,
                0.45,
            )
        half.dot(0.32, -1.66, 0.24, darker(dark, 0.4))
        half.dot(0.32, -1.66, 0.21, Radial((lighter(eye, 0.3), eye, darker(eye, 0.2)), (0.5, 0.5)))
        half.dot(0.32 + side * look, -1.66, 0.12, INK)
        pen.dot(side * 0.32 + look - 0.05, -1.72, 0.045, WHITE)
        half.line(smooth([(0.05, -1.86), (0.3, -2.02), (0.62, -2.06)], closed=False), dark, 0.07)
    beak = smooth([(-0.1, -1.56), (0, -1.6), (0.1, -1.56), (0.0, -1.26)])
    pen.fill(beak, Linear((rgb("f2b54a"), rgb("b87420")), (1, 0.5)))


def _branch(canvas: Canvas, rng: Random, y: float, snow: bool, leaves: Colour | None) -> None:
    slope = rng.uniform(-0.05, 0.05)
    edge = [(-0.1, y - slope), (0.25, y + 0.01), (0.6, y), (1.1, y + slope)]
    pen = page(canvas)
    thick = [(x, v + 0.05 + 0.02 * math.sin(x * 9)) for x, v in reversed(edge)]
    outline = smooth([*edge, *thick])
    pen.fill(outline, Linear((lighter(_BARK, 0.25), _BARK, darker(_BARK, 0.45))))
    with pen.within(outline):
        for _ in range(12):
            x, v = rng.random(), y + rng.uniform(0.01, 0.05)
            pen.line([(x, v), (x + rng.uniform(0.05, 0.2), v)], darker(_BARK, 0.5), 0.004, 0.6)
    if snow:
        pen.line(smooth(edge, closed=False), WHITE, 0.016, 0.95)
    for _ in range(10 if leaves else 0):
        x = rng.choice((rng.uniform(0, 0.25), rng.uniform(0.75, 1)))
        twig = place(canvas, x, y + 0.03, rng.uniform(0.1, 0.17)).turned(rng.uniform(0, 360))
        tone = leaves or _BARK
        twig.fill(leaf(1, 0.5), Linear((lighter(tone, 0.25), darker(tone, 0.2))))


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    if nth in (0, 4):
        mood = NIGHT if nth == 0 else DUSK
        sky(canvas, rng, mood)
        hills(canvas, rng, mood, 0.84)
    elif nth in (2, 5):
        snowfield(canvas, rng, WINTER if nth == 2 else NIGHT, 0.75)
        canvas.soften(2)
    elif nth == 3:
        forest(canvas, rng, rgb("e8c07a"), rgb("4a3a35"), rgb("9c6a35"), ground=0.8)
    elif nth == 6:
        forest(canvas, rng, rgb("9fc0b8"), rgb("4a3a35"), rgb("3f6a55"), ground=0.8)
    elif nth == 1:
        foliage(canvas, rng, rgb("5a8f4a"), rgb("e8f0a0"))
    else:
        foliage(canvas, rng, rgb("24405a"), rgb("9fb8e8"))
    y = rng.uniform(0.74, 0.82)
    _branch(canvas, rng, y, nth in (2, 5), _LEAVES.get(nth))
    count = (1, 1, 1, 2, 1, 3, 1, 2)[nth]
    for i in range(count):
        size = (0.265, 0.22, 0.17)[count - 1] * rng.uniform(0.95, 1.08)
        x = rng.uniform(0.4, 0.6) if count == 1 else (i + 1) / (count + 1) + rng.uniform(-0.02, 0.02)
        pen = place(canvas, x, y + 0.005, size).turned(rng.uniform(-6, 6))
        owl(pen, rng, rgb(_FEATHERS[(nth + 3 * i) % 8]), rgb(_EYES[(nth + 3 * i) % 8]), ears=(nth + i) % 3 != 2)
    if nth == 2:
        snowfall(canvas, rng, 70)
