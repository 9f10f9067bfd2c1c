"""Hot-air balloons, one or a whole fleet, above every kind of country."""

import math
from random import Random

from drawing.canvas import Canvas
from drawing.colour import INK, WHITE, Colour, darker, mix, rgb
from drawing.mood import AUTUMN, DUSK, MINT, MORNING, NOON, SUNSET, WINTER, Mood
from drawing.paint import Linear
from drawing.pen import Pen, place
from drawing.scenes.land import desert, hills, mountains, snowfield
from drawing.scenes.sky import sky
from drawing.scenes.water import sea
from drawing.shapes import Point, box, mirrored, smooth

_MOODS = (NOON, MORNING, SUNSET, MINT, AUTUMN, DUSK, WINTER, NOON)
_COLOURS = (
    ("e63946", "f1faee", "f4a261"),
    ("2a9d8f", "e9c46a", "f4f1de"),
    ("6a4c93", "ff9f1c", "ffe8d6"),
    ("ef476f", "ffd166", "26547c"),
    ("1d4e89", "f7b32b", "f4f1de"),
    ("f25f5c", "70c1b3", "ffe066"),
    ("bc4749", "386641", "f2e8cf"),
    ("8338ec", "3a86ff", "ffbe0b"),
)
_HALF = smooth(
    [(0.0, -1.0), (0.42, -0.93), (0.78, -0.62), (0.86, -0.2), (0.68, 0.25), (0.4, 0.62), (0.2, 0.86)], closed=False
)


def balloon(pen: Pen, colours: tuple[Colour, ...], pattern: str) -> None:
    """The envelope is centred on the origin, two units high; the basket hangs down to y = 1.5."""
    _basket(pen)
    envelope = mirrored(_HALF)
    pen.fill(envelope, colours[0])
    with pen.within(envelope):
        if pattern == "gores":
            for i in range(7, 0, -1):
                pen.fill(_gore(math.sin(i / 7 * math.pi / 2)), colours[i % len(colours)])
        else:
            rows = 9
            for i in range(rows):
                pen.fill(_band(-1.05 + i * 2 / rows, 2 / rows, 0.16 if pattern == "zigzag" else 0.0), colours[i % 3])
        for i in (1, 3, 5):
            width = math.sin(i / 7 * math.pi / 2)
            for side in (-1, 1):
                pen.line([(side * x * width, y) for x, y in _HALF], INK, 0.012, 0.18)
        pen.fill(mirrored([(x + 0.02, y) for x, y in _HALF]), Linear((WHITE, rgb("d8c8d8"), INK), (1, 0.45)), 0.2)
        pen.glow(-0.32, -0.45, 0.6, WHITE, 0.5)
        pen.fill(box(-1, 0.78, 1, 1), darker(colours[0], 0.4), 0.6)


def _gore(width: float) -> list[Point]:
    return mirrored([(x * width, y) for x, y in _HALF])


def _band(top: float, height: float, teeth: float) -> list[Point]:
    """A stripe that sags as a circle seen from below does, with teeth or without."""
    steps = [(-1 + i / 12, teeth * (i % 2)) for i in range(25)]
    upper = [(x, top + 0.12 * (1 - x * x) + tooth) for x, tooth in steps]
    return upper + [(x, y + height + teeth) for x, y in reversed(upper)]


def _basket(pen: Pen) -> None:
    for x in (-1, 0, 1):
        pen.line([(x * 0.19, 0.84), (x * 0.13, 1.25)], rgb("4a3728"), 0.018)
    pen.fill([(-0.17, 1.22), (0.17, 1.22), (0.13, 1.5), (-0.13, 1.5)], Linear((rgb("c08552"), rgb("7a4a2a"))))
    for y in (1.3, 1.38, 1.45):
        pen.line([(-0.14, y), (0.14, y)], rgb("5f3a20"), 0.012, 0.6)
    pen.line([(-0.18, 1.22), (0.18, 1.22)], rgb("5f3a20"), 0.05)


def _country(canvas: Canvas, rng: Random, mood: Mood, nth: int) -> None:
    horizon = rng.uniform(0.72, 0.84)
    if nth == 2:
        desert(canvas, rng, mood, rgb("d98b5f"), horizon)
    elif nth == 3:
        sea(canvas, rng, mood, horizon)
    elif nth == 6:
        snowfield(canvas, rng, mood, horizon)
    else:
        sky(canvas, rng, mood, horizon, clouds=6)
        if nth % 2:
            mountains(canvas, rng, mood, horizon + 0.03)
        hills(canvas, rng, mood, horizon)


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    mood = _MOODS[nth]
    _country(canvas, rng, mood, nth)
    count = (1, 3, 1, 2, 5, 1, 2, 4)[nth]
    for i in range(count):
        near = i == count - 1
        size = (rng.uniform(0.28, 0.34) if count < 3 else rng.uniform(0.22, 0.26)) if near else rng.uniform(0.075, 0.11)
        if near:
            x, y = rng.uniform(0.46, 0.54), 0.42 if count < 3 else 0.46
        else:
            x = (0.13, 0.86, 0.84, 0.15)[i] + rng.uniform(-0.03, 0.03)
            y = (0.16, 0.15, 0.7, 0.66)[i] + rng.uniform(-0.03, 0.03)
        colours = tuple(rgb(code) for code in _COLOURS[(nth + 3 * i) % 8])
        if not near:
            colours = tuple(mix(colour, mood.sky[-1], 0.15) for colour in colours)
        pattern = ("gores", "bands", "gores", "zigzag")[(nth + i) % 4]
        balloon(place(canvas, x, y, size).turned(rng.uniform(-7, 7)), colours, pattern)
