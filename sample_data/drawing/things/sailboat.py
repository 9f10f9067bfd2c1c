"""Sailing boats: sloops, gaffers and ketches on a sea under every sky."""

from random import Random

from drawing.canvas import Canvas
from drawing.colour import Colour, darker, lighter, mix, rgb
from drawing.mood import DUSK, MINT, MORNING, NIGHT, NOON, OVERCAST, SUNSET
from drawing.paint import Linear, shaded
from drawing.pen import Pen, place
from drawing.scenes.water import sea, swell
from drawing.shapes import Point, box, smooth

_MOODS = (NOON, SUNSET, MINT, OVERCAST, NIGHT, MORNING, DUSK, NOON)
_SAILS = ("fbf7ec", "fff0d2", "d95d39", "f4e3c1", "ece9f5", "2a9d8f", "f2b134", "c8413b")
_HULLS = ("b23a48", "3d2c3f", "f5efe0", "28536b", "7a4a34", "8c3f2b", "2f4858", "fdfaf3")


def sailboat(pen: Pen, sail: Colour, hull: Colour, rig: str, stripes: bool) -> None:
    """The origin is on the waterline; the mast is two units high. `rig` is sloop, gaffer or ketch."""
    wood = rgb("6b4a35")
    pen.line([(-0.05, -0.2), (-0.05, -2.05)], wood, 0.05)
    if rig == "gaffer":
        _sail(pen, [(0.02, -0.32), (0.02, -1.35), (0.62, -1.9), (0.98, -0.34)], sail, stripes)
        pen.line([(0.0, -1.33), (0.64, -1.93)], wood, 0.035)
    else:
        _sail(pen, [(0.02, -0.32), (0.0, -1.0), (0.0, -1.98), (0.55, -1.15), (0.92, -0.36)], sail, stripes)
    _sail(pen, [(-0.13, -0.36), (-0.12, -1.1), (-0.1, -1.85), (-0.5, -1.05), (-0.98, -0.38)], lighter(sail, 0.3), False)
    if rig == "ketch":
        pen.line([(0.72, -0.2), (0.72, -1.35)], wood, 0.04)
        _sail(pen, [(0.77, -0.38), (0.76, -1.3), (1.22, -0.42)], mix(sail, rgb("e9c46a"), 0.4), False)
    pen.fill([(-0.05, -2.05), (-0.35, -1.98), (-0.05, -1.9)], rgb("e63946"))
    deck = [(-1.12, -0.3), (-0.4, -0.2), (0.4, -0.19), (1.05, -0.26)]
    body = [*smooth(deck, closed=False), (0.9, 0.02), (0.75, 0.16), (-0.72, 0.16), (-0.95, -0.02)]
    pen.fill(body, shaded(hull, 0.28))
    with pen.within(body):
        pen.fill(box(-1.3, -0.02, 1.3, 0.03), lighter(hull, 0.55))
        pen.fill(box(-1.3, 0.07, 1.3, 0.3), darker(hull, 0.4))
    pen.line(smooth(deck, closed=False), lighter(hull, 0.4), 0.035)


def _sail(pen: Pen, corners: list[Point], colour: Colour, stripes: bool) -> None:
    outline = [*smooth(corners, closed=False), corners[0]]
    pen.fill(outline, Linear((darker(colour, 0.18), colour, lighter(colour, 0.35)), (1, 0.3)))
    with pen.within(outline):
        for i in range(1, 7):
            y = -0.3 - 0.27 * i
            if stripes and i % 2:
                pen.fill(box(-1.2, y, 1.2, y + 0.2), mix(colour, rgb("1d3557"), 0.65), 0.85)
            pen.line([(-1.2, y), (1.2, y - 0.08)], darker(colour, 0.4), 0.012, 0.5)


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    mood = _MOODS[nth]
    horizon = rng.uniform(0.5, 0.66)
    sea(canvas, rng, mood, horizon, islands=nth % 3 != 1)
    count = (1, 1, 2, 1, 1, 3, 1, 2)[nth]
    for i in range(count):
        near = i == count - 1
        size = rng.uniform(0.27, 0.36) if near else rng.uniform(0.09, 0.14)
        x = rng.uniform(0.38, 0.62) if near else (0.16, 0.84)[i % 2] + rng.uniform(-0.05, 0.05)
        y = horizon + (rng.uniform(0.14, 0.22) if near else rng.uniform(0.01, 0.05))
        size = min(size, (y - 0.05) / 2.1 * canvas.height / min(canvas.width, canvas.height))
        sail, hull = rgb(_SAILS[(nth + 3 * i) % 8]), rgb(_HULLS[(nth + 5 * i) % 8])
        rig = ("sloop", "gaffer", "sloop", "ketch")[(nth + i) % 4]
        pen = place(canvas, x, y, size).scaled(-1 if (nth + i) % 2 else 1, 1)
        with canvas.faded(0.3):
            sailboat(pen.scaled(1, -0.4), darker(sail, 0.2), darker(hull, 0.2), rig, False)
        sailboat(pen.turned(rng.uniform(-9, 9)), sail, hull, rig, stripes=nth in (2, 6))
        if near:
            swell(canvas, rng, mix(mood.sea[1], mood.sea[2], 0.3), y + 0.02, 0.8)
    swell(canvas, rng, mood.sea[2], 0.92)
