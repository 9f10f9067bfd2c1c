"""Burning candles in the dark: pillars, tapers in holders, tea lights in glasses."""

from random import Random

from drawing.canvas import Canvas
from drawing.colour import INK, WHITE, Colour, darker, lighter, mix, rgb
from drawing.mood import NIGHT
from drawing.paint import Linear
from drawing.pen import Pen, page, place
from drawing.scenes.indoors import PATTERNS, lamplight, table, wall, window
from drawing.shapes import arc, box, ellipse, flipped, mirrored, smooth

_WAXES = ("f6ead0", "c1121f", "e9c46a", "f4f1f8", "6d8f71", "b56d9a", "3d6a8f", "e0894a")
_WALLS = ("4a3245", "243b53", "5a3a2e", "1d2b44", "3b4a3a", "4d2f50", "2f4550", "5a2c3a")
_TABLES = ("6b4430", "3f2f3a", "8a5a3c", "4a5268", "5a4636", "7a5a6a", "6f5a48", "4b2e2a")
_BRASS = rgb("c99a45")


def flame(pen: Pen, lean: float) -> None:
    """The wick is at the origin; the flame is one unit high."""
    pen.glow(0, -0.4, 2.6, rgb("ffb347"), 0.75)
    pen.glow(0, -0.4, 1.1, rgb("ffe39a"), 0.8)
    pen.line([(0, 0.12), (lean * 0.1, -0.18)], INK, 0.06)
    for size, colour in ((1.0, rgb("ff9e2c")), (0.78, rgb("ffd24f")), (0.48, rgb("fffbe3"))):
        drop = [
            (0, 0.02),
            (-0.27 * size, -0.28 * size),
            (-0.12 * size, -0.72 * size),
            (lean * size, -1.12 * size),
            (0.14 * size, -0.7 * size),
            (0.27 * size, -0.28 * size),
        ]
        pen.fill(smooth(drop), colour, 0.95, blur=0.02)
    pen.fill(ellipse(0, -0.06, 0.1, 0.09), rgb("5f8fd8"), 0.6, blur=0.03)


def candle(pen: Pen, rng: Random, wax: Colour, kind: str, height: float) -> None:
    """It stands on the origin; `height` is in units. `kind` is pillar, taper (in a holder) or glass."""
    half = {"pillar": 0.34, "taper": 0.13, "glass": 0.36}[kind]
    pen.shadow(0.1, 0.02, half * 2.4, 0.16, 0.55)
    foot = 0.0
    if kind == "taper":
        foot = -0.42
        pen.fill(ellipse(0, -0.02, 0.55, 0.13), Linear((lighter(_BRASS, 0.3), darker(_BRASS, 0.5))))
        holder = smooth(mirrored([(0.22, -0.45), (0.09, -0.32), (0.09, -0.16), (0.34, -0.06)]))
        pen.fill(holder, Linear((lighter(_BRASS, 0.5), _BRASS, darker(_BRASS, 0.6)), (1, 0)))
    top = foot - height
    glow = mix(wax, rgb("ffd07a"), 0.6)
    body = [(-half, foot), (-half, top), (half, top), (half, foot), *ellipse(0, foot, half, half * 0.22)[:32]]
    pen.fill(body, Linear((glow, wax, darker(wax, 0.45)), (0.25, 1)))
    with pen.within(body):
        pen.fill(box(half * 0.35, top, half * 1.4, 0.3), darker(wax, 0.7), 0.35, blur=half * 0.3)
    pen.fill(ellipse(0, top, half, half * 0.24), Linear((lighter(glow, 0.5), glow)))
    for _ in range(0 if kind == "glass" else 3):
        x, length = rng.uniform(-half * 0.8, half * 0.8), rng.uniform(0.15, 0.5) * height
        pen.line([(x, top + 0.03), (x, top + length)], Linear((lighter(glow, 0.35), wax)), half * 0.3)
    flame(pen.at(0, top - 0.04).scaled(0.55), rng.uniform(-0.12, 0.12))
    if kind == "glass":
        _jar(pen, wax)


def _jar(pen: Pen, wax: Colour) -> None:
    """A tumbler of thick glass around a candle on the origin."""
    side = smooth([(0.56, -1.0), (0.54, -0.5), (0.46, 0.0)], closed=False)
    glass = [*side, *arc(0, 0, 0.46, 0.12, (0, 180), points=20), *flipped(side)[::-1]]
    pen.fill(glass, Linear((WHITE, wax), (0.4, 1)), 0.2)
    for edge in (side, flipped(side), arc(0, 0, 0.46, 0.12, (0, 180), points=20), ellipse(0, -1.0, 0.56, 0.11)):
        pen.line(edge, WHITE, 0.022, 0.6)
    pen.fill(smooth([(-0.47, -0.85), (-0.4, -0.85), (-0.36, -0.1), (-0.41, -0.1)]), WHITE, 0.5, blur=0.015)


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    top = rng.uniform(0.68, 0.76)
    if nth in (3, 6):
        window(canvas, rng, NIGHT, mix(rgb(_WALLS[nth]), WHITE, 0.15), top)
    else:
        wall(canvas, rng, rgb(_WALLS[nth]), tuple(PATTERNS)[(nth + 1) % len(PATTERNS)])
    count = (1, 3, 1, 2, 3, 1, 1, 5)[nth]
    kind = ("pillar", "pillar", "taper", "glass", "taper", "glass", "pillar", "taper")[nth]
    page_light = place(canvas, 0.5, 0.45, 1)
    lamplight(page_light, 0.75, rgb("ff9f45"), 0.55)
    table(canvas, rng, rgb(_TABLES[nth]), top)
    page(canvas).glow(0.5, top + 0.1, 0.3, rgb("ffb45e"), 0.45)
    for i in range(count):
        x = 0.5 + (i - (count - 1) / 2) * (0.62 / count) + rng.uniform(-0.02, 0.02) * (4 if count == 1 else 1)
        y = rng.uniform(0.84, 0.9) if count == 1 else 0.82 + 0.08 * ((i + nth) % 2)
        size = {1: 0.36, 2: 0.31, 3: 0.25, 5: 0.2}[count]
        height = {"pillar": rng.uniform(0.7, 1.25), "taper": rng.uniform(0.8, 1.5), "glass": 0.42}[kind]
        wax = rgb(_WAXES[(nth + (3 * i if nth in (1, 3) else 0)) % 8])
        candle(place(canvas, x, y, size), rng, lighter(wax, 0.05), kind, height)
