"""Rockets between the stars, at lift-off, and crossing the evening sky."""

from random import Random

from drawing.canvas import Canvas
from drawing.colour import INK, WHITE, Colour, darker, lighter, rgb
from drawing.mood import DUSK, MORNING, NOON, SUNSET
from drawing.paint import Linear, Radial
from drawing.pen import Pen, place
from drawing.scenes.land import desert, hills
from drawing.scenes.sky import sky
from drawing.scenes.space import space
from drawing.shapes import arc, box, ellipse, mirrored, smooth

_BODIES = ("f1ede4", "d64545", "f4d58d", "8fb8de", "f7f7ff", "5fa777", "e8d7f1", "f28f3b")
_TRIMS = ("d62839", "f6f1e7", "2a6f97", "264653", "ff7f11", "fdf0d5", "7b2cbf", "2b2d42")
_FIN = ((0.36, 0.05), (0.62, 0.35), (0.82, 0.9), (0.8, 1.12), (0.55, 0.88), (0.3, 0.78))
_DEEPS = ("1b1f4b", "241a4a", "0f2c46", "30204f")
_NEBULAE = ("6a4fb3", "b3487a", "2f8f9f", "8a5a3f")


def rocket(pen: Pen, body: Colour, trim: Colour, windows: int, thrust: float) -> None:
    """The nose points up at y = -1.6, the nozzle is at y = 0.95; the flame is `thrust` units long."""
    if thrust:
        _flame(pen.at(0, 0.95), thrust)
    fin = Linear((lighter(trim, 0.15), darker(trim, 0.35)), (0.4, 1))
    for side in (-1, 1):
        pen.scaled(side, 1).fill(smooth(_FIN), fin)
    pen.fill([(-0.24, 0.75), (0.24, 0.75), (0.32, 1.0), (-0.32, 1.0)], Linear((rgb("8d99ae"), rgb("3a3f52")), (1, 0)))
    hull = smooth(mirrored([(0.0, -1.62), (0.2, -1.3), (0.4, -0.75), (0.47, -0.1), (0.41, 0.5), (0.28, 0.85)]))
    pen.fill(hull, Linear((lighter(body, 0.35), body, darker(body, 0.45)), (1, 0.1)))
    with pen.within(hull):
        nose = [(-1, -2), (1, -2), *arc(0, -1.05, 0.6, 0.16, (0, 180), points=16)]
        pen.fill(nose, Linear((lighter(trim, 0.25), trim, darker(trim, 0.4)), (1, 0.1)))
        for y in (0.4, 0.58):
            band = [*arc(0, y, 0.6, 0.12, (180, 0), points=16), *arc(0, y + 0.09, 0.6, 0.12, (0, 180), points=16)]
            pen.fill(band, trim, 0.9)
        pen.fill(box(-0.3, -1.4, -0.2, 0.8), WHITE, 0.45, blur=0.06)
    for i in range(windows):
        y = -0.52 + i * 0.44 if windows > 1 else -0.35
        radius = 0.2 if windows == 1 else 0.16
        pen.dot(0, y, radius * 1.3, Linear((lighter(trim, 0.3), darker(trim, 0.3))))
        pen.dot(0, y, radius, Radial((rgb("d8f3ff"), rgb("6fb3d8"), rgb("1f4e79"))))
        pen.fill(ellipse(-radius * 0.3, y - radius * 0.35, radius * 0.3, radius * 0.2), WHITE, 0.8)
    middle = smooth([(-0.06, 0.25), (0, 0.15), (0.06, 0.25), (0.07, 0.95), (0, 1.18), (-0.07, 0.95)])
    pen.fill(middle, Linear((lighter(trim, 0.1), darker(trim, 0.3)), (1, 0)))


def _flame(pen: Pen, length: float) -> None:
    pen.glow(0, length * 0.4, length * 1.0, rgb("ffb347"), 0.6)
    tongue = mirrored([(0.26, 0.0), (0.34, 0.3), (0.11, 0.73), (0.0, 1.0)])
    for size, colour in ((1.0, rgb("ff6b2c")), (0.75, rgb("ffb52e")), (0.45, rgb("fff6cf"))):
        pen.scaled(size, size * length).fill(smooth(tongue), colour, 0.92, blur=0.02)


def _smoke(pen: Pen, rng: Random, length: float, width: float) -> None:
    """A trail of clouds along the y axis, growing."""
    for i in range(16):
        t = i / 15
        radius = width * (0.5 + 0.9 * t) * rng.uniform(0.8, 1.15)
        x, y = rng.uniform(-1, 1) * width * (0.2 + 0.7 * t), length * t
        pen.fill(ellipse(x, y, radius, points=32), Linear((WHITE, rgb("cfc4d6"))), 0.55 - 0.25 * t, blur=0.07)


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    body, trim = rgb(_BODIES[nth]), rgb(_TRIMS[nth])
    windows = (1, 2, 1, 3, 2, 1, 2, 1)[nth]
    if nth in (2, 6):
        _lift_off(canvas, rng, nth, body, trim)
        return
    if nth in (4, 7):
        sky(canvas, rng, (DUSK, SUNSET)[nth % 2], clouds=8)
        lean = rng.choice((-38, 38))
    else:
        i = (nth * 3) % 4
        planet = (rgb("e07a5f"), rgb("81b29a"), None, rgb("f2cc8f"))[i]
        space(canvas, rng, rgb(_DEEPS[i]), rgb(_NEBULAE[i]), planet)
        lean = {0: 25, 1: -40, 3: 65, 5: -20}[nth]
    pen = place(canvas, rng.uniform(0.45, 0.56), rng.uniform(0.42, 0.5), rng.uniform(0.25, 0.29)).turned(lean)
    _smoke(pen.at(0, 1.7), rng, 1.8, 0.3)
    rocket(pen, body, trim, windows, rng.uniform(0.8, 1.2))


def _lift_off(canvas: Canvas, rng: Random, nth: int, body: Colour, trim: Colour) -> None:
    if nth == 2:
        desert(canvas, rng, NOON, rgb("e0b183"), 0.8)
    else:
        sky(canvas, rng, MORNING, 0.8)
        hills(canvas, rng, MORNING, 0.8)
    pen = place(canvas, rng.uniform(0.42, 0.58), 0.42, 0.24)
    pen.shadow(0, 2.1, 1.6, 0.2, 0.4)
    for side in (-1, 1):
        _smoke(pen.at(side * 0.1, 2.05).turned(-90 * side), rng, 1.7, 0.3)
    _smoke(pen.at(0, 1.4), rng, 0.7, 0.26)
    rocket(pen, body, trim, 1, 0.95)
    pen.fill(box(-0.02, -1.9, 0.02, -1.58), INK, 0.7)
