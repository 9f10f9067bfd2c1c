"""Trains: steam engines and railcars with carriages or wagons, crossing the country."""

from random import Random

from drawing.canvas import Canvas
from drawing.colour import INK, WHITE, Colour, darker, lighter, mix, rgb
from drawing.mood import AUTUMN, DUSK, MINT, MORNING, NIGHT, NOON, SUNSET, WINTER
from drawing.paint import Linear, shaded
from drawing.pen import Pen, page, place
from drawing.scenes.land import desert, grass, hills, mountains, snowfield
from drawing.scenes.sky import sky
from drawing.scenes.water import sea
from drawing.shapes import arc, box, ellipse

_MOODS = (NOON, AUTUMN, NIGHT, MINT, WINTER, SUNSET, MORNING, DUSK)
_COLOURS = ("b3262e", "2f6f4f", "2b4c8c", "e0a030", "3a3a44", "1f7a8c", "7b3f61", "d95d39")
_WAGONS = ("7a4a3a", "4f6f7f", "8a7a4a")
_LOADS = ("3a3540", "c98f4a", "6f8f5a")
_TRIMS = ("f4e3b2", "f2cc8f", "f1faee", "7a2e1f", "d64545", "fff1d0", "f3d9c0", "2f3e5c")


def steam_engine(pen: Pen, rng: Random, colour: Colour, trim: Colour) -> None:
    """It heads right, its rear buffer at the origin and rail level at y = 0; three units long."""
    for i in range(9):
        puff = 0.13 + i * 0.05
        cloud = ellipse(2.5 - i * 0.32 - i * i * 0.02, -1.75 - i * 0.13, puff * 1.2, puff)
        pen.fill(cloud, Linear((WHITE, rgb("c9c3d0"))), 0.8 - i * 0.06, blur=0.05)
    pen.fill(box(2.4, -1.55, 2.62, -1.0), shaded(darker(colour, 0.6), 0.25, (1, 0)))
    pen.fill([(2.34, -1.62), (2.68, -1.62), (2.62, -1.48), (2.4, -1.48)], darker(trim, 0.2))
    pen.fill(arc(1.75, -1.05, 0.2, 0.24, (180, 360), points=16), shaded(trim, 0.3))
    pen.fill(box(1.0, -1.15, 2.78, -0.42, 0.1), Linear((lighter(colour, 0.4), colour, darker(colour, 0.5))))
    for x in (1.35, 1.8, 2.25):
        pen.fill(box(x, -1.15, x + 0.06, -0.42), trim)
    pen.fill(ellipse(2.8, -0.78, 0.1, 0.34), shaded(darker(colour, 0.5), 0.3))
    pen.dot(2.92, -0.98, 0.1, rgb("ffe9a0"))
    pen.fill(box(0.0, -1.5, 1.05, -0.4), Linear((lighter(colour, 0.2), darker(colour, 0.25)), (0.3, 1)))
    pen.fill(box(-0.1, -1.62, 1.15, -1.46, 0.06), darker(colour, 0.5))
    for x in (0.14, 0.6):
        pen.fill(box(x, -1.34, x + 0.32, -0.95, 0.05), Linear((rgb("dff1f7"), rgb("7fa8bf")), (0.4, 1)))
    pen.fill(box(0.1, -0.82, 0.95, -0.74), trim)
    pen.fill(box(-0.05, -0.44, 2.9, -0.3), darker(colour, 0.65))
    pen.fill([(2.75, -0.42), (3.0, -0.42), (3.2, -0.04), (2.75, -0.04)], Linear((trim, darker(trim, 0.4))))
    for x in (0.38, 1.02, 1.66):
        _wheel(pen.at(x, -0.3), 0.3, trim)
    for x in (2.2, 2.58):
        _wheel(pen.at(x, -0.18), 0.18, trim)
    pen.line([(0.4, -0.24), (1.7, -0.24), (2.35, -0.34)], rgb("c8ccd4"), 0.06)


def railcar(pen: Pen, colour: Colour, trim: Colour, lit: bool) -> None:
    """A modern engine with a slanted nose, heading right; as long as the steam engine."""
    outline = [(0, -1.45), (2.2, -1.45), *arc(2.2, -0.75, 0.85, 0.7, (-90, 0), points=14), (3.1, -0.3), (0, -0.3)]
    pen.fill(outline, Linear((lighter(colour, 0.35), colour, darker(colour, 0.35))))
    with pen.within(outline):
        pen.fill(box(0, -0.68, 3.2, -0.5), trim)
        pen.fill(box(0, -0.4, 3.2, -0.3), darker(colour, 0.6))
        windscreen = [(2.35, -1.28), (2.62, -1.22), (2.98, -0.86), (2.35, -0.86)]
        pen.fill(windscreen, Linear((rgb("cfe6ef"), rgb("38546b")), (0.4, 1)))
    _windows(pen, (0.2, 0.72, 1.24, 1.76), lit)
    pen.dot(2.96, -0.6, 0.08, rgb("fff3b8"))
    _bogies(pen, (0.4, 0.8, 2.2, 2.6), trim)


def carriage(pen: Pen, colour: Colour, trim: Colour, lit: bool) -> None:
    """From x = 0 to 2.6 above the rails."""
    pen.line([(-0.2, -0.36), (0.1, -0.36)], INK, 0.08)
    pen.fill(box(0, -1.38, 2.6, -0.3, 0.08), Linear((lighter(colour, 0.3), colour, darker(colour, 0.35))))
    pen.fill(box(-0.04, -1.5, 2.64, -1.32, 0.08), shaded(mix(darker(colour, 0.4), rgb("8f8a96"), 0.4), 0.25))
    pen.fill(box(0, -0.66, 2.6, -0.56), trim)
    pen.fill(box(0, -0.4, 2.6, -0.28), darker(colour, 0.65))
    _windows(pen, (0.16, 0.76, 1.36, 1.96), lit)
    _bogies(pen, (0.42, 0.82, 1.78, 2.18), trim)


def wagon(pen: Pen, rng: Random, colour: Colour, load: Colour) -> None:
    """An open goods wagon, heaped."""
    pen.line([(-0.2, -0.36), (0.1, -0.36)], INK, 0.08)
    for _ in range(22):
        x = rng.uniform(0.25, 2.3)
        pen.dot(
            x,
            -1.0 - rng.random() * 0.32 * (1 - abs(x - 1.3) / 1.2),
            rng.uniform(0.1, 0.17),
            Linear((lighter(load, 0.25), darker(load, 0.3))),
        )
    tub = [(0.02, -1.02), (2.58, -1.02), (2.46, -0.32), (0.14, -0.32)]
    pen.fill(tub, Linear((lighter(colour, 0.2), darker(colour, 0.35))))
    for i in range(7):
        pen.line([(0.12 + i * 0.39, -1.0), (0.2 + i * 0.367, -0.34)], darker(colour, 0.5), 0.05, 0.7)
    pen.fill(box(0, -1.08, 2.6, -0.98), lighter(colour, 0.2))
    _bogies(pen, (0.5, 2.1), rgb("c8ccd4"))


def _windows(pen: Pen, lefts: tuple[float, ...], lit: bool) -> None:
    for x in lefts:
        glass = (rgb("fff3c0"), rgb("f6b94c")) if lit else (rgb("e3f2f8"), rgb("6f9ab5"))
        pen.fill(box(x - 0.03, -1.23, x + 0.47, -0.77, 0.07), darker(glass[1], 0.45))
        pen.fill(box(x, -1.2, x + 0.44, -0.8, 0.05), Linear(glass, (0.4, 1)))


def _bogies(pen: Pen, at: tuple[float, ...], trim: Colour) -> None:
    for x in at:
        _wheel(pen.at(x, -0.19), 0.19, trim)


def _wheel(pen: Pen, radius: float, trim: Colour) -> None:
    pen.dot(0, 0, radius, rgb("24222c"))
    pen.dot(0, 0, radius * 0.78, darker(trim, 0.25))
    pen.dot(0, 0, radius * 0.62, rgb("35323e"))
    for turn in range(0, 180, 45):
        pen.turned(turn).line([(-radius * 0.7, 0), (radius * 0.7, 0)], darker(trim, 0.2), radius * 0.12)
    pen.dot(0, 0, radius * 0.2, trim)


def _track(canvas: Canvas, y: float, size: float, gravel: Colour) -> None:
    """Ballast, sleepers and rail across the page; the rail's top is at `y` of the height."""
    pen = place(canvas, 0, y, size)
    right = canvas.width / min(canvas.width, canvas.height) / size + 0.5
    pen.fill(box(-0.5, 0.08, right, 0.55), Linear((lighter(gravel, 0.2), darker(gravel, 0.3))))
    for i in range(round(right / 0.32) + 1):
        pen.fill(box(i * 0.32, 0.08, i * 0.32 + 0.17, 0.22), rgb("5a4236"))
    pen.fill(box(-0.5, 0.0, right, 0.07), Linear((rgb("d4d7de"), rgb("5f6472"))))


def _arches(canvas: Canvas, y: float, size: float, stone: Colour) -> None:
    """A viaduct from the rails down to the lower edge."""
    pen = place(canvas, 0, y, size)
    right = canvas.width / min(canvas.width, canvas.height) / size + 0.5
    for i in range(round(right / 1.7) + 2):
        x = i * 1.7 - 0.6
        arch = arc(x + 0.85, 1.25, 0.65, 0.7, (180, 360))
        pier = [(x, 6), (x, 0.2), (x + 1.7, 0.2), (x + 1.7, 6), (x + 1.5, 6), *reversed(arch), (x + 0.2, 6)]
        pen.fill(pier, Linear((lighter(stone, 0.2), stone, darker(stone, 0.35)), (0.3, 1)))
        pen.line(arch, darker(stone, 0.4), 0.06, 0.7)
    pen.fill(box(-0.5, 0.1, right, 0.34), shaded(lighter(stone, 0.1), 0.2))


def _country(canvas: Canvas, rng: Random, nth: int, horizon: float) -> None:
    mood = _MOODS[nth]
    if nth == 4:
        snowfield(canvas, rng, mood, horizon)
    elif nth == 5:
        desert(canvas, rng, mood, rgb("d08a5a"), horizon)
    elif nth == 3:
        sea(canvas, rng, mood, horizon)
    else:
        sky(canvas, rng, mood, horizon)
        if nth in (0, 2, 7):
            mountains(canvas, rng, mood, horizon + 0.03)
        hills(canvas, rng, mood, horizon)


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    y, size = rng.uniform(0.76, 0.82), rng.uniform(0.22, 0.29)
    if nth in (1, 7):
        y -= 0.1
    _country(canvas, rng, nth, y - rng.uniform(0.12, 0.2))
    if nth in (1, 7):
        _arches(canvas, y, size, rgb("b89a78" if nth == 1 else "8a7a94"))
    if nth in (0, 6):
        grass(canvas, rng, _MOODS[nth].land[-1], y + 0.11, 110, size=0.1)
    _track(canvas, y, size, rgb("8f857c"))
    lit = nth in (2, 7)
    across = canvas.width / min(canvas.width, canvas.height) / size
    pen = place(canvas, 0 if nth % 2 == 0 else 1, y, size).scaled(1 if nth % 2 == 0 else -1, 1)
    front = across - 3.0 - rng.uniform(0.15, 0.6)
    colour, trim = rgb(_COLOURS[nth]), rgb(_TRIMS[nth])
    x, i = front - 2.85, 0
    while x > -2.7:
        if nth in (4, 6):
            wagon(pen.at(x, 0), rng, rgb(_WAGONS[i % 3]), rgb(_LOADS[(i + nth) % 3]))
        else:
            carriage(pen.at(x, 0), colour if nth % 2 else mix(colour, trim, 0.35 * (i % 2)), trim, lit)
        x, i = x - 2.85, i + 1
    if nth in (2, 3, 5):
        railcar(pen.at(front, 0), colour, trim, lit)
    else:
        steam_engine(pen.at(front, 0), rng, colour, trim)
    if lit:
        pen.at(front + 2.95, -0.75).glow(0, 0, 1.6, rgb("ffe9a0"), 0.6)
    page(canvas).fill(box(0, 0.985, 1, 1.0), INK, 0.15, blur=0.01)
