"""Rooms: a wall with its pattern, and a table or a sill in front of it."""

from collections.abc import Callable
from random import Random

from drawing.canvas import Canvas
from drawing.colour import INK, WHITE, Colour, darker, lighter, mix
from drawing.mood import Mood
from drawing.paint import Linear
from drawing.pen import Pen, page, place
from drawing.scenes.land import hills
from drawing.scenes.sky import sky
from drawing.shapes import box, leaf


def _plain(pen: Pen, columns: int, rows: int, colour: Colour) -> None:
    pass


def _stripes(pen: Pen, columns: int, rows: int, colour: Colour) -> None:
    for i in range(0, columns, 2):
        pen.fill(box(i, 0, i + 1, rows), lighter(colour, 0.3), 0.4)


def _dots(pen: Pen, columns: int, rows: int, colour: Colour) -> None:
    for i in range(columns):
        for j in range(rows):
            pen.dot(i + 0.5 * (j % 2), j, 0.14, lighter(colour, 0.3), 0.6)


def _tiles(pen: Pen, columns: int, rows: int, colour: Colour) -> None:
    for i in range(columns):
        pen.line([(i * 1.4, 0), (i * 1.4, rows)], darker(colour, 0.25), 0.05, 0.5)
        pen.line([(0, i * 1.4), (columns, i * 1.4)], darker(colour, 0.25), 0.05, 0.5)


def _leaves(pen: Pen, columns: int, rows: int, colour: Colour) -> None:
    for i in range(0, columns, 2):
        for j in range(rows):
            for turn in (-130, -50):
                pen.at(i + (j % 2), j).turned(turn).fill(leaf(0.7, 0.3), lighter(colour, 0.3), 0.45)


def _panels(pen: Pen, columns: int, rows: int, colour: Colour) -> None:
    for i in range(0, columns, 3):
        for inset, tone in ((0.3, darker(colour, 0.25)), (0.36, lighter(colour, 0.3))):
            left, right, bottom = i + inset, i + 3 - inset, rows - 2.7 - inset
            pen.line([*box(left, 0.3 + inset, right, bottom), (left, 0.3 + inset)], tone, 0.06, 0.45)


# Each draws on a grid of `columns` × `rows` squares, ten to the shorter side of the sheet.
PATTERNS: dict[str, Callable[[Pen, int, int, Colour], None]] = {
    "plain": _plain,
    "stripes": _stripes,
    "dots": _dots,
    "tiles": _tiles,
    "leaves": _leaves,
    "panels": _panels,
}


def wall(canvas: Canvas, rng: Random, colour: Colour, pattern: str) -> None:
    """`pattern` is one of PATTERNS. Light falls in from one side."""
    side = rng.choice((-1, 1))
    paint = Linear((lighter(colour, 0.22), colour, darker(colour, 0.3)), (side, 0.5))
    page(canvas).fill(box(0, 0, 1, 1), paint)
    short = min(canvas.width, canvas.height)
    columns, rows = (round(length / short * 10) + 2 for length in (canvas.width, canvas.height))
    PATTERNS[pattern](place(canvas, 0, 0, 0.1), columns, rows, colour)


def table(canvas: Canvas, rng: Random, colour: Colour, top: float, cloth: bool = False) -> None:
    """A surface from `top` (a fraction of the height) down: planks, or a checked cloth."""
    pen = page(canvas)
    pen.fill(box(0, top - 0.02, 1, top + 0.02), INK, 0.25, blur=0.015)
    pen.fill(box(0, top, 1, 1.01), Linear((lighter(colour, 0.28), colour, darker(colour, 0.25))))
    pen.fill(box(0, top, 1, top + 0.008), lighter(colour, 0.55), 0.8)
    if cloth:
        with pen.within(box(0, top + 0.008, 1, 1.01)):
            for i in range(-12, 24, 2):
                left, right = 0.5 + (i / 12 - 0.5) * 1.0, 0.5 + ((i + 1) / 12 - 0.5) * 1.0
                pen.fill(
                    [(left, top), (right, top), (0.5 + (right - 0.5) * 2, 1.01), (0.5 + (left - 0.5) * 2, 1.01)],
                    WHITE,
                    0.4,
                )
            y, step = top, 0.02
            while y < 1:
                pen.fill(box(0, y, 1, y + step), WHITE, 0.35)
                y, step = y + step * 2.2, step * 1.35
    else:
        for _ in range(14):
            y, x, length = rng.uniform(top + 0.02, 1), rng.uniform(-0.2, 0.9), rng.uniform(0.1, 0.6)
            pen.line([(x, y), (x + length, y)], darker(colour, 0.35), 0.003, 0.3)


def window(canvas: Canvas, rng: Random, mood: Mood, frame: Colour, sill: float) -> None:
    """A view of hills fills the sheet down to `sill`; mullions and frame are in front of it."""
    sky(canvas, rng, mood, sill * 0.75, clouds=2)
    hills(canvas, rng, mood, sill * 0.72)
    canvas.soften(2.5)
    pen = page(canvas)
    paint = Linear((lighter(frame, 0.2), darker(frame, 0.12)), (1, 0))
    middle = rng.uniform(0.35, 0.65)
    for x, width in ((0.0, 0.05), (middle, 0.025), (0.95, 0.05)):
        pen.fill(box(x, 0, x + width, sill), paint)
        pen.fill(box(x + width, 0, x + width + 0.006, sill), INK, 0.25)
    for y, height in ((0.0, 0.04), (sill * rng.uniform(0.3, 0.45), 0.025)):
        pen.fill(box(0, y, 1, y + height), paint)
        pen.fill(box(0, y + height, 1, y + height + 0.006), INK, 0.25)


def lamplight(pen: Pen, radius: float, colour: Colour, alpha: float = 0.5) -> None:
    pen.glow(0, 0, radius, colour, alpha)
    pen.glow(0, 0, radius * 0.5, mix(colour, WHITE, 0.4), alpha * 0.7)
