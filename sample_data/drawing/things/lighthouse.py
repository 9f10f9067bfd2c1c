"""Lighthouses on their rocks, by day and with the lamp lit."""

from random import Random

from drawing.canvas import Canvas
from drawing.colour import INK, WHITE, Colour, darker, lighter, mix, rgb
from drawing.mood import DUSK, MINT, MORNING, NIGHT, NOON, OVERCAST, SUNSET, WINTER
from drawing.paint import Linear
from drawing.pen import Pen, page, place
from drawing.scenes.water import sea, swell
from drawing.shapes import arc, box, jagged, smooth

_MOODS = (NOON, NIGHT, SUNSET, OVERCAST, MINT, DUSK, WINTER, MORNING)
_BANDS = ("c8352f", "f3efe6", "23395b", "2b2b33", "e09f3e", "b23a48", "1f7a6d", "d1495b")
_STONES = ("8d7b6c", "4c5270", "8a5a66", "70767c", "a58f78", "5e5877", "8b96a5", "9a8378")
_PATTERNS = ("bands", "plain", "bands", "wide", "spiral", "plain", "bands", "spiral")


def lighthouse(pen: Pen, colour: Colour, pattern: str, lit: bool) -> None:
    """The foot is at the origin and the vane at y = -3."""
    tower = [(-0.36, 0.05), (-0.22, -2.05), (0.22, -2.05), (0.36, 0.05)]
    white = rgb("f6f1e7") if pattern != "plain" else lighter(colour, 0.25)
    pen.fill(tower, white)
    with pen.within(tower):
        if pattern == "bands":
            for i in range(4):
                pen.fill(box(-1, -0.32 - i * 0.56, 1, -0.04 - i * 0.56), colour)
        elif pattern == "wide":
            pen.fill(box(-1, -1.4, 1, -0.7), colour)
        elif pattern == "spiral":
            for i in range(5):
                y = 0.2 - i * 0.55
                pen.fill([(-0.5, y), (0.5, y - 0.5), (0.5, y - 0.78), (-0.5, y - 0.28)], colour)
        pen.fill(box(0.08, -3, 0.6, 1), INK, 0.16, blur=0.07)
        pen.fill(box(-0.6, -3, -0.2, 1), WHITE, 0.25, blur=0.06)
    for y in (-0.62, -1.2, -1.72):
        pen.fill(box(-0.06, y, 0.06, y + 0.17, 0.05), rgb("3b3a4a"))
    pen.fill(box(-0.11, -0.3, 0.11, 0.06, 0.06), darker(colour, 0.5))
    roof = darker(colour, 0.1) if pattern != "plain" else rgb("b8402f")
    pen.fill(box(-0.34, -2.14, 0.34, -2.02), Linear((lighter(roof, 0.3), darker(roof, 0.3))))
    for i in range(7):
        pen.line([(-0.33 + i * 0.11, -2.14), (-0.33 + i * 0.11, -2.32)], rgb("2f2f3a"), 0.02)
    pen.line([(-0.35, -2.32), (0.35, -2.32)], rgb("2f2f3a"), 0.03)
    glass = rgb("fff0a8") if lit else rgb("bfe0ea")
    pen.fill(box(-0.18, -2.55, 0.18, -2.14), Linear((lighter(glass, 0.4), glass), (1, 0)))
    for x in (-0.18, -0.06, 0.06, 0.18):
        pen.line([(x, -2.55), (x, -2.14)], rgb("3b3a4a"), 0.02)
    pen.fill([*arc(0, -2.54, 0.25, 0.3, (180, 360)), (0.25, -2.5), (-0.25, -2.5)], Linear((lighter(roof, 0.3), roof)))
    pen.line([(0, -2.8), (0, -3.0)], rgb("2f2f3a"), 0.03)
    pen.dot(0, -2.86, 0.05, roof)


def _beam(pen: Pen, colour: Colour, tilt: float) -> None:
    for side in (0, 180):
        ray = pen.at(0, -2.35).turned(side + tilt)
        for spread, alpha in ((0.55, 0.22), (0.35, 0.22)):
            ray.fill([(0, -0.05), (12, -spread * 2.4), (12, spread * 2.4), (0, 0.05)], colour, alpha, blur=0.05)
    pen.glow(0, -2.35, 1.3, colour, 0.9)


def _rock(
    canvas: Canvas, rng: Random, summit: tuple[float, float], half: float, colours: tuple[Colour, Colour]
) -> None:
    """Cliffs from the sea up to the grassy summit, on the page; colours of stone and grass."""
    x, top = summit
    colour, green = colours
    pen = page(canvas)
    left = jagged(rng, [(x - half * 1.7, 1.0), (x - half * 1.2, top + 0.12), (x - half * 0.6, top + 0.01)], 0.02)
    right = jagged(rng, [(x + half * 0.6, top + 0.01), (x + half * 1.3, top + 0.1), (x + half * 1.8, 1.0)], 0.02)
    outline = [*left, (x, top - 0.012), *right]
    pen.fill(outline, Linear((lighter(colour, 0.3), colour, darker(colour, 0.4)), (0.5, 1)))
    with pen.within(outline):
        for _ in range(9):
            y, start = rng.uniform(top + 0.05, 1), x + rng.uniform(-1.5, 1.0) * half
            crack = jagged(rng, [(start, y), (start + half * rng.uniform(0.3, 0.9), y + 0.03)], 0.02)
            pen.line(crack, darker(colour, 0.45), 0.005, 0.6)
        turf = smooth(
            [
                (x - half * 1.6, top + 0.1),
                (x - half * 0.5, top + 0.06),
                (x + half * 0.3, top + 0.045),
                (x + half * 1.6, top + 0.09),
                (x + half * 1.6, top - 0.1),
                (x - half * 1.6, top - 0.1),
            ]
        )
        pen.fill(turf, Linear((lighter(green, 0.2), green)))


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    mood = _MOODS[nth]
    horizon = rng.uniform(0.62, 0.74)
    sea(canvas, rng, mood, horizon, islands=nth % 2 == 0)
    x, top = rng.choice((rng.uniform(0.25, 0.42), rng.uniform(0.58, 0.75))), rng.uniform(0.74, 0.84)
    half = rng.uniform(0.16, 0.28)
    lit = mood in (NIGHT, DUSK, SUNSET)
    pen = place(canvas, x, top + 0.01, rng.uniform(0.19, 0.24) * min(1.2, canvas.height / min(canvas.width, 400)))
    if lit:
        _beam(pen, mood.light, rng.uniform(-14, 14))
    stone = mix(rgb(_STONES[nth]), INK, 0.1)
    _rock(canvas, rng, (x, top), half, (stone, mix(mood.land[-1], rgb("5f8f4a"), 0.3)))
    if nth % 3 == 1:
        cottage = pen.at(rng.choice((-0.75, 0.75)), 0.12)
        cottage.fill(box(-0.32, -0.42, 0.32, 0.08), Linear((rgb("f3ead8"), rgb("cbbfae"))))
        cottage.fill([(-0.4, -0.4), (0, -0.78), (0.4, -0.4)], rgb("8c4a3c"))
        cottage.fill(box(-0.1, -0.28, 0.1, -0.08), mood.light)
    with canvas.faded(1 if not mood.stars else 0.9):
        lighthouse(pen, rgb(_BANDS[nth]), _PATTERNS[nth], lit)
    if lit:
        pen.glow(0, -2.35, 0.7, WHITE, 0.8)
    swell(canvas, rng, mood.sea[2], 0.94)
