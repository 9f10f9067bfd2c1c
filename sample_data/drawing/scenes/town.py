"""A street in front of a row of houses, dry or in the rain."""

from random import Random

from drawing.canvas import Canvas
from drawing.colour import WHITE, Colour, darker, lighter, mix
from drawing.mood import Mood
from drawing.paint import Linear
from drawing.pen import page, place
from drawing.scenes.sky import sky
from drawing.shapes import box, ellipse


def street(canvas: Canvas, rng: Random, mood: Mood, ground: float) -> None:
    """House fronts stand as flat silhouettes in the haze; the pavement mirrors their lights."""
    sky(canvas, rng, mood, ground, clouds=3)
    pen = page(canvas)
    for depth in range(2):
        tone = mix(mood.land[depth + 1], mood.sky[-1], 0.5 - 0.3 * depth)
        x = -0.05
        while x < 1:
            width, top = rng.uniform(0.1, 0.2), ground - rng.uniform(0.2, 0.5) * (1 - 0.35 * depth)
            pen.fill(box(x, top, x + width, ground + 0.02), Linear((lighter(tone, 0.12), tone)))
            if rng.random() < 0.5:
                pen.fill([(x, top), (x + width / 2, top - 0.07), (x + width, top)], darker(tone, 0.12))
            _windows(canvas, rng, mood, (x, top, width, ground), tone)
            x += width + rng.uniform(0, 0.03)
    canvas.soften(1.5)
    stone = mix(mood.land[-1], mood.sky[0], 0.5)
    pen.fill(box(0, ground, 1, 1), Linear((mix(stone, mood.sky[-1], 0.45), stone, darker(stone, 0.3))))


def _windows(canvas: Canvas, rng: Random, mood: Mood, front: tuple[float, float, float, float], tone: Colour) -> None:
    x, top, width, ground = front
    pen = page(canvas)
    for column in range(3):
        y = top + 0.04
        while y < ground - 0.07:
            left = x + width * (0.12 + 0.3 * column)
            lit = rng.random() < (0.5 if mood.stars else 0.25)
            pen.fill(box(left, y, left + width * 0.16, y + 0.035), mood.light if lit else darker(tone, 0.3), 0.8)
            y += 0.08


def puddles(canvas: Canvas, rng: Random, mood: Mood, ground: float) -> None:
    for _ in range(7):
        spot = place(canvas, rng.random(), rng.uniform(ground + 0.05, 0.98), rng.uniform(0.08, 0.2))
        spot.fill(ellipse(0, 0, 1, 0.16), Linear((lighter(mood.sky[-1], 0.1), mood.sky[-2])), 0.55)
        spot.fill(ellipse(0.1, 0, 0.4, 0.06), WHITE, 0.25)


def rain(canvas: Canvas, rng: Random, drops: int = 130) -> None:
    lean = rng.uniform(-0.25, 0.25)
    for _ in range(drops):
        drop = place(canvas, rng.random(), rng.random(), rng.uniform(0.03, 0.07))
        drop.line([(0, 0), (lean, 1)], WHITE, 0.06, rng.uniform(0.25, 0.55))
