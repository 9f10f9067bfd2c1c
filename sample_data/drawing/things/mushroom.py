"""Mushrooms on the forest floor, in moss and among leaves, single and in groups."""

from random import Random

from drawing.canvas import Canvas
from drawing.colour import WHITE, Colour, darker, lighter, rgb
from drawing.mood import AUTUMN, MINT, MORNING
from drawing.paint import Linear, Radial
from drawing.pen import Pen, place
from drawing.scenes.land import grass, meadow
from drawing.scenes.wood import foliage, forest
from drawing.shapes import arc, ellipse, leaf, smooth

_CAPS = ("d62828", "9c6644", "7b4fa0", "e6a042", "c1440e", "4f7cac", "efe3cf", "b5446e")
_LIGHTS = ("cfe3b4", "f2d492", "b8cfe0", "e8e0c8", "f4b183", "9fc7b5", "d8cbe3", "c9d8a4")
_FLOORS = ("4f7f3f", "9c5f2f", "3f6f5f", "6f7f3f", "8f4a2a", "2f5f4f", "5f5a7a", "5a8a4a")
_SHAPES = ("dome", "bun", "bell", "flat", "dome", "bell", "bun", "flat")


def mushroom(pen: Pen, rng: Random, cap: Colour, shape: str, spots: bool) -> None:
    """It stands on the origin and is about two units high. `shape` is dome, bun, bell or flat."""
    cream = rgb("f4ead5")
    fat = 0.3 if shape == "bun" else 0.2 if shape != "bell" else 0.13
    stem = smooth(
        [
            (-fat, -1.15),
            (-fat * 1.05, -0.6),
            (-fat * 1.6, -0.05),
            (0, 0.06),
            (fat * 1.6, -0.05),
            (fat * 1.05, -0.6),
            (fat, -1.15),
        ]
    )
    pen.fill(stem, Linear((lighter(cream, 0.4), cream, darker(cream, 0.4)), (1, 0.1)))
    with pen.within(stem):
        for i in range(-2, 3):
            pen.line([(i * fat * 0.45, -1.2), (i * fat * 0.6, 0)], darker(cream, 0.3), 0.015, 0.4)
    wide, high, low = {
        "dome": (0.95, 0.95, 0.2),
        "bun": (0.9, 0.72, 0.22),
        "bell": (0.6, 1.15, 0.12),
        "flat": (1.15, 0.48, 0.2),
    }[shape]
    if shape in ("dome", "flat"):
        skirt = [(-fat * 0.9, -0.95), (-fat * 1.9, -0.68), (0, -0.6), (fat * 1.9, -0.68), (fat * 0.9, -0.95)]
        pen.fill(smooth(skirt), Linear((lighter(cream, 0.3), darker(cream, 0.25))))
    gills = ellipse(0, -1.1, wide * 0.97, low)
    pen.fill(gills, Linear((darker(cream, 0.5), lighter(cream, 0.1))))
    with pen.within(gills):
        for i in range(-8, 9):
            pen.line([(0, -1.2), (i * 0.17, -0.8)], darker(cream, 0.45), 0.018, 0.6)
    dome = smooth(
        [
            *arc(0, -1.12, wide, high, (180, 360), points=14),
            (wide * 0.6, -1.12 + low * 0.35),
            (0, -1.12 + low * 0.55),
            (-wide * 0.6, -1.12 + low * 0.35),
        ],
        steps=4,
    )
    pen.fill(dome, Radial((lighter(cap, 0.45), cap, darker(cap, 0.45)), (0.34, 0.2)))
    with pen.within(dome):
        if spots:
            for x, y, radius in (
                (0, 0.62, 0.17),
                (-0.48, 0.42, 0.13),
                (0.46, 0.5, 0.12),
                (-0.78, 0.12, 0.09),
                (0.2, 0.2, 0.11),
                (-0.2, 0.08, 0.08),
                (0.76, 0.16, 0.1),
                (-0.25, 0.86, 0.08),
            ):
                spot = pen.at(x * wide, -1.12 - y * high).turned(rng.uniform(-30, 30))
                spot.fill(ellipse(0, 0, radius, radius * 0.72, points=24), Linear((WHITE, rgb("e8d9c3"))))
        pen.fill(arc(0, -1.12, wide, high, (20, 160)), darker(cap, 0.6), 0.2)
    pen.glow(-wide * 0.35, -1.12 - high * 0.6, wide * 0.5, WHITE, 0.45)


def _litter(canvas: Canvas, rng: Random, colour: Colour) -> None:
    for _ in range(14):
        pen = place(canvas, rng.random(), rng.uniform(0.85, 1.0), rng.uniform(0.05, 0.09)).turned(rng.uniform(-200, 20))
        tone = rng.choice((colour, darker(colour, 0.3), rgb("c77b30"), rgb("a3512b")))
        pen.fill(leaf(1, 0.5), Linear((lighter(tone, 0.2), darker(tone, 0.2))), 0.9)


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    floor = rgb(_FLOORS[nth])
    if nth in (3, 6):
        meadow(canvas, rng, (AUTUMN, MORNING, MINT)[nth % 3], 0.45, flowers=False)
        canvas.soften(2.5)
    elif nth in (5, 7):
        foliage(canvas, rng, floor, rgb(_LIGHTS[nth]))
    else:
        forest(canvas, rng, rgb(_LIGHTS[nth]), rgb("4a3a35"), floor)
    grass(canvas, rng, floor, 0.82, 90, size=0.12)
    count = (1, 2, 4, 1, 3, 5, 1, 2)[nth]
    for i in range(count):
        size = (0.38, 0.26, 0.22, 0.2, 0.18)[count - 1] * rng.uniform(0.75 if i < count - 1 else 1.0, 1.05)
        x = 0.5 if count == 1 else 0.2 + 0.6 * ((i * 2) % count if count % 2 else i) / (count - 1)
        shape = _SHAPES[nth] if count > 2 else _SHAPES[(nth + 4 * i) % 8]
        size *= {"dome": 0.92, "bun": 1.0, "bell": 1.0, "flat": 0.82}[shape]
        y = 0.92 if count == 1 else 0.86 + 0.07 * i / (count - 1)
        pen = place(canvas, x + rng.uniform(-0.05, 0.05), y, size).turned(rng.uniform(-13, 13))
        pen.shadow(0.15, 0, 0.7, 0.12, 0.45)
        mushroom(pen, rng, rgb(_CAPS[(nth + (5 * i if count == 2 else 0)) % 8]), shape, spots=nth in (0, 2, 4, 7))
    grass(canvas, rng, floor, 0.93, 45, size=0.12)
    if nth in (1, 3, 4):
        _litter(canvas, rng, rgb("d08c3f"))
