"""Sunflowers: close, in fields and in vases; yellow, orange, red and cream."""

import math
from random import Random

from drawing.canvas import Canvas
from drawing.colour import WHITE, Colour, darker, lighter, mix, rgb
from drawing.mood import AUTUMN, MINT, MORNING, NOON, OVERCAST, SUNSET
from drawing.paint import Linear, Radial, shaded
from drawing.pen import Pen, place
from drawing.scenes.indoors import table, wall
from drawing.scenes.land import grass, hills
from drawing.scenes.sky import sky
from drawing.shapes import leaf, mirrored, smooth

_PETALS = ("f9c22e", "f6a21e", "ffd84d", "d4622a", "fbe7a1", "f7b32b", "e8832a", "ffcf33")
_HEARTS = ("5a3418", "3b2414", "6b4423", "2f1c18", "7a5a2a", "4a2c1a", "38231f", "5f4a1f")
_MOODS = (NOON, SUNSET, MINT, MORNING, OVERCAST, AUTUMN, SUNSET, MINT)
_STANDING = {  # size, and where across the page
    0: (0.2, (0.5, 0.2, 0.8)),
    2: (0.36, (0.46,)),
    4: (0.25, (0.32, 0.7)),
    5: (0.34, (0.55,)),
    6: (0.3, (0.36, 0.68)),
    7: (0.17, (0.5, 0.2, 0.8, 0.34)),
}
_GREEN = rgb("4f8a3a")


def head(pen: Pen, rng: Random, petal: Colour, heart: Colour) -> None:
    """The flower's face, one unit in radius around the origin."""
    for ring, (count, length, tone) in enumerate(((22, 1.0, darker(petal, 0.18)), (20, 0.9, petal))):
        for i in range(count):
            turn = 360 * (i + 0.5 * ring) / count + rng.uniform(-4, 4)
            blade = pen.turned(turn)
            paint = Linear((darker(tone, 0.2), tone, lighter(tone, 0.25)), (1, 0))
            blade.fill(leaf(length * rng.uniform(0.92, 1.05), 0.3), paint)
            blade.line([(0.4, 0), (length * 0.85, 0)], darker(tone, 0.25), 0.014, 0.6)
    pen.dot(0, 0, 0.47, darker(heart, 0.35))
    pen.dot(0, 0, 0.44, Radial((lighter(heart, 0.25), heart, darker(heart, 0.3)), (0.5, 0.5)))
    for i in range(110):
        turn, radius = i * 2.39996, 0.042 * math.sqrt(i)
        tone = mix(heart, petal, 0.65 if radius > 0.3 else 0.3)
        pen.dot(radius * math.cos(turn), radius * math.sin(turn), 0.021, tone, 0.85)


def sunflower(pen: Pen, rng: Random, petal: Colour, heart: Colour, *, stalk: float, nod: float) -> None:
    """The head around the origin on a stalk of `stalk` units, nodding by `nod` degrees."""
    stem = smooth([(0, 0.1), (0.08 + nod / 200, stalk * 0.5), (0, stalk)], closed=False)
    pen.line(stem, Linear((lighter(_GREEN, 0.15), darker(_GREEN, 0.25)), (1, 0.2)), 0.13)
    for i, side in enumerate((-1, 1, -1)):
        y = stalk * (0.42 + 0.17 * i)
        if y < stalk - 0.3:
            blade = pen.at(0.03, y).scaled(side, 1).turned(rng.uniform(-35, -5))
            blade.fill(leaf(1.05, 0.62), Linear((lighter(_GREEN, 0.25), darker(_GREEN, 0.25)), (0.3, 1)))
            blade.line([(0, 0), (0.95, 0)], lighter(_GREEN, 0.4), 0.022, 0.6)
    face = pen.turned(nod).scaled(1, 0.94)
    for i in range(9):
        face.turned(i * 40 + 10).fill(leaf(0.95, 0.36), darker(_GREEN, 0.2))
    head(face, rng, petal, heart)


def _vase(pen: Pen, colour: Colour) -> None:
    """The opening is at the origin; the foot at y = 1.5."""
    pen.shadow(0.1, 1.5, 0.8, 0.14, 0.4)
    half = smooth([(0.3, 0.0), (0.24, 0.2), (0.52, 0.7), (0.5, 1.15), (0.32, 1.5)], closed=False)
    outline = mirrored(half)
    pen.fill(outline, shaded(colour, 0.32, (1, 0.2)))
    with pen.within(outline):
        for y in (0.62, 0.78):
            pen.line([(-1, y), (1, y)], lighter(colour, 0.5), 0.06, 0.8)
        pen.fill(smooth([(-0.36, 0.5), (-0.28, 0.5), (-0.3, 1.2), (-0.38, 1.1)]), WHITE, 0.5, blur=0.04)


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    petal, heart = rgb(_PETALS[nth]), rgb(_HEARTS[nth])
    if nth in (1, 3):
        _bunch(canvas, rng, nth, petal, heart)
        return
    mood, horizon = _MOODS[nth], rng.uniform(0.5, 0.68)
    sky(canvas, rng, mood, horizon)
    hills(canvas, rng, mood, horizon)
    if nth in (0, 5, 7):
        _field(canvas, rng, horizon, petal, heart)
    grass(canvas, rng, darker(_GREEN, 0.1), 0.86, 60, size=0.14)
    size, across = _STANDING[nth]
    for i, x in enumerate(across):
        y = rng.uniform(0.4, 0.46) if len(across) == 1 else (0.36, 0.56, 0.5, 0.72)[i]
        stalk = (1.1 - y) * canvas.height / min(canvas.width, canvas.height) / size
        pen = place(canvas, x, y, size)
        sunflower(pen, rng, petal, heart, stalk=stalk, nod=rng.uniform(-18, 18))


def _field(canvas: Canvas, rng: Random, horizon: float, petal: Colour, heart: Colour) -> None:
    """Rows of small flowers between the horizon and us."""
    for row in range(5):
        y = horizon + (1 - horizon) * (0.1 + 0.15 * row)
        size = 0.022 + 0.016 * row
        for i in range(13 - 2 * row):
            spot = place(canvas, (i + rng.uniform(0.2, 0.8)) / (13 - 2 * row), y + rng.uniform(-0.012, 0.012), size)
            spot.line([(0, 0), (0, 2.5)], darker(_GREEN, 0.1), 0.25)
            spot.turned(30).fill(leaf(1.4, 0.7), _GREEN)
            for turn in range(0, 360, 36):
                spot.turned(turn).fill(leaf(1.0, 0.5), petal)
            spot.dot(0, 0, 0.42, heart)


def _bunch(canvas: Canvas, rng: Random, nth: int, petal: Colour, heart: Colour) -> None:
    top = rng.uniform(0.76, 0.84)
    wall(canvas, rng, rgb({1: "8fb0bf", 3: "e6d3b8"}[nth]), {1: "panels", 3: "leaves"}[nth])
    table(canvas, rng, rgb({1: "a8795a", 3: "7f9a8a"}[nth]), top)
    pen = place(canvas, rng.uniform(0.46, 0.54), top, 0.26)  # close: the foot of the vase lies below the sheet
    count = {1: 3, 3: 5}[nth]
    for i in range(count):
        lean = (i - (count - 1) / 2) * (34 if count == 3 else 30)
        size = {3: 1.1, 5: 1.0}[count]
        reach = 2.1 if i % 2 == 0 else 1.5
        flower = pen.turned(lean).at(0, -reach).scaled(size)
        tone = mix(petal, rgb("ffe08a"), 0.12 * (i % 3))
        sunflower(flower, rng, tone, heart, stalk=reach / size + 0.1, nod=-lean * 0.6)
    _vase(pen, rgb({1: "3d5a80", 3: "c8553d"}[nth]))
