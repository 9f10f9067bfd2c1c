"""Cacti: with arms, as barrels and as flat pads, in the desert or in pots on a sill."""

from random import Random

from drawing.canvas import Canvas
from drawing.colour import WHITE, Colour, darker, lighter, mix, rgb, varied
from drawing.mood import AUTUMN, DUSK, MINT, MORNING, NIGHT, NOON, OVERCAST, SUNSET
from drawing.paint import Linear, shaded
from drawing.pen import Pen, place
from drawing.scenes.indoors import table, wall, window
from drawing.scenes.land import desert
from drawing.shapes import Point, box, ellipse

_MOODS = (NOON, AUTUMN, SUNSET, MINT, NIGHT, MORNING, DUSK, OVERCAST)
_GREENS = ("4f8f4f", "5d9e6b", "3f7a55", "6b9a45", "3e7d74", "7ba05b", "48795a", "8aa867")
_FLOWERS = ("ef476f", "ffd166", "ff8fab", "f3722c")
_KINDS = ("arms", "barrel", "arms", "pads", "arms", "arms", "pads", "barrel")


def cactus(pen: Pen, rng: Random, kind: str, colour: Colour) -> None:
    """It stands on the origin and is about two units high. `kind` is arms, barrel or pads."""
    if kind == "arms":
        _arms(pen, rng, colour)
    elif kind == "barrel":
        _barrel(pen, rng, colour)
    else:
        _pads(pen, rng, colour, 0.55, 0)


def _arms(pen: Pen, rng: Random, colour: Colour) -> None:
    for side in (-1, 1):
        start, reach, top = rng.uniform(-1.15, -0.55), rng.uniform(0.6, 0.78), rng.uniform(0.4, 0.8)
        arm = pen.scaled(side, 1)
        bend: list[Point] = [(0, start), (reach * 0.7, start), (reach * 0.95, start - 0.08), (reach, start - 0.3)]
        tone = darker(colour, 0.08 if side < 0 else 0.18)
        arm.line([*bend, (reach, start - top)], Linear((lighter(tone, 0.12), darker(tone, 0.2))), 0.32)
        for x in (-0.07, 0.07):
            arm.line([(reach + x, start - 0.1), (reach + x, start - top)], darker(tone, 0.35), 0.02, 0.6)
        _flower(arm.at(reach, start - top - 0.16), rng, 0.09)
    trunk = box(-0.27, -2.0, 0.27, 0.06, 0.27)
    pen.fill(trunk, Linear((lighter(colour, 0.28), colour, darker(colour, 0.35)), (1, 0.05)))
    with pen.within(trunk):
        for x in (-0.17, -0.06, 0.06, 0.17):
            pen.line([(x, 0), (x * 1.02, -1.95)], darker(colour, 0.4), 0.02, 0.6)
        _spines(pen, rng, 40, 0.25, -1.9)
    _flower(pen.at(0, -2.02), rng, 0.11)


def _barrel(pen: Pen, rng: Random, colour: Colour) -> None:
    body = ellipse(0, -0.78, 0.8, 0.84)
    pen.fill(body, Linear((lighter(colour, 0.3), colour, darker(colour, 0.4)), (0.8, 0.5)))
    with pen.within(body):
        for i in range(5):
            pen.line(ellipse(0, -0.78, 0.8 * i / 4.6, 0.84), darker(colour, 0.4), 0.025, 0.65)
        _spines(pen, rng, 60, 0.75, -1.55)
    for x in (-0.24, 0.0, 0.24):
        _flower(pen.at(x, -1.58 + abs(x) * 0.2), rng, 0.13)


def _pads(pen: Pen, rng: Random, colour: Colour, size: float, depth: int) -> None:
    """Every pad carries two smaller ones, three deep."""
    if depth < 2:
        for lean in (-1, 1):
            branch = pen.at(lean * size * 0.36, -size * 1.4).turned(lean * rng.uniform(22, 40))
            _pads(branch, rng, varied(colour, rng, 0.02), size * 0.74, depth + 1)
    pad = ellipse(0, -size * 0.82, size * 0.62, size * 0.86)
    pen.fill(pad, Linear((lighter(colour, 0.25), colour, darker(colour, 0.3)), (0.8, 0.6)))
    for i in range(3):
        for j in range(4):
            pen.dot((i - 1) * size * 0.3 + (j % 2) * 0.05, -size * (0.3 + j * 0.35), 0.022, lighter(colour, 0.6))
    if depth == 2:
        _flower(pen.at(rng.uniform(-0.08, 0.08), -size * 1.68), rng, 0.1)


def _spines(pen: Pen, rng: Random, count: int, half: float, top: float) -> None:
    for _ in range(count):
        x, y = rng.uniform(-half, half), rng.uniform(top, 0)
        pen.line([(x - 0.03, y - 0.03), (x, y), (x + 0.03, y - 0.03)], rgb("f6efd2"), 0.012, 0.75)


def _flower(pen: Pen, rng: Random, size: float) -> None:
    colour = rgb(rng.choice(_FLOWERS))
    for turn in range(-150, -29, 30):
        pen.turned(turn).fill(ellipse(size, 0, size, size * 0.45, points=20), lighter(colour, 0.2))
    pen.dot(0, -size * 0.4, size * 0.5, rgb("ffe08a"))


def _pot(pen: Pen, colour: Colour) -> None:
    """The rim is at the origin."""
    pen.shadow(0.15, 0.92, 0.75, 0.14, 0.4)
    pen.fill([(-0.62, 0), (0.62, 0), (0.46, 0.9), (-0.46, 0.9)], shaded(colour, 0.25, (1, 0.2)))
    pen.fill(box(-0.72, -0.14, 0.72, 0.14, 0.05), shaded(lighter(colour, 0.1), 0.28, (1, 0.2)))
    pen.fill(box(-0.6, 0.14, 0.6, 0.2), darker(colour, 0.5), 0.4)
    for i in range(-3, 4):
        pen.dot(i * 0.15, 0.5, 0.045, WHITE, 0.5)


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    if nth in (1, 3, 5, 7):
        _indoors(canvas, rng, nth)
        return
    sand = rgb({0: "e3b778", 2: "d98a5b", 4: "8b86b8", 6: "b88a9c"}[nth])
    horizon = rng.uniform(0.6, 0.72)
    desert(canvas, rng, _MOODS[nth], sand, horizon)
    small = place(canvas, rng.choice((0.15, 0.86)), horizon + 0.06, 0.09)
    cactus(small, rng, "arms", mix(rgb(_GREENS[(nth + 3) % 8]), sand, 0.3))
    pen = place(canvas, rng.uniform(0.36, 0.64), 0.86, 0.34)
    pen.shadow(0.4, 0.02, 0.9, 0.1, 0.4)
    cactus(pen, rng, _KINDS[nth], rgb(_GREENS[nth]))


def _indoors(canvas: Canvas, rng: Random, nth: int) -> None:
    top = rng.uniform(0.76, 0.82)
    if nth == 3:
        window(canvas, rng, _MOODS[nth], rgb("f3eee4"), top)
    else:
        paper = rgb({1: "e7b7a0", 5: "8fb3c7", 7: "e9cf8a"}[nth])
        wall(canvas, rng, paper, "panels" if nth == 7 else "dots")
    table(canvas, rng, rgb({1: "a9714b", 3: "e8dfd0", 5: "f0e8dc", 7: "6f4e37"}[nth]), top)
    count = {1: 2, 3: 1, 5: 1, 7: 3}[nth]
    for i in range(count):
        x = (i + 1) / (count + 1) + rng.uniform(-0.03, 0.03)
        pot = place(canvas, x, top - 0.05, 0.24 if count == 1 else 0.17)
        kind = _KINDS[(nth + i) % 8] if count > 1 else _KINDS[nth]
        cactus(pot.at(0, -0.1).scaled(0.95), rng, kind, rgb(_GREENS[(nth + 3 * i) % 8]))
        _pot(pot, rgb(("c8553d", "3d5a80", "f2e9e4", "e09f3e")[(nth + i) % 4]))
