"""The sea from above, with a horizon, and from below."""

import math
from random import Random

from drawing.canvas import Canvas
from drawing.colour import WHITE, Colour, darker, lighter, mix
from drawing.mood import Mood
from drawing.paint import Linear
from drawing.pen import page, place
from drawing.scenes.sky import sky
from drawing.shapes import Point, box, ellipse, ridge, smooth


def sea(canvas: Canvas, rng: Random, mood: Mood, horizon: float, islands: bool = True) -> None:
    sky(canvas, rng, mood, horizon)
    pen = page(canvas)
    if islands:
        for shade in (0.35, 0.0):
            coast = ridge(rng, horizon - 0.01, rng.uniform(0.03, 0.09), rng.randint(3, 5))
            with pen.within(box(0, 0, 1, horizon)):
                pen.fill(coast, Linear((mix(mood.land[0], mood.sky[-1], shade), mix(mood.land[0], mood.sky[-1], 0.6))))
    pen.fill(box(0, horizon, 1, 1), Linear(mood.sea))
    pen.fill(box(0, horizon, 1, horizon + 0.006), lighter(mood.sea[0], 0.5), 0.7)
    glitter = rng.uniform(0.25, 0.75)
    for _ in range(90):
        depth = rng.random() ** 1.4
        y = horizon + 0.012 + depth * (1 - horizon)
        x = rng.random() if rng.random() < 0.6 else rng.gauss(glitter, 0.08)
        ripple = place(canvas, x, y, 0.02 + 0.07 * depth)
        colour = mood.light if abs(x - glitter) < 0.12 else lighter(mood.sea[1], 0.4)
        ripple.fill(ellipse(0, 0, rng.uniform(0.5, 1.3), 0.06, points=20), colour, rng.uniform(0.25, 0.65))


def swell(canvas: Canvas, rng: Random, colour: Colour, height: float, alpha: float = 0.85) -> None:
    """A wave across the whole page, drawn over the feet of what floats behind it."""
    phase, waves = rng.random() * 6, rng.uniform(2.5, 4.5)
    crest: list[Point] = [
        (x / 60, height + 0.008 * math.sin(phase + x / 60 * waves * 6.28) + 0.005 * math.sin(phase * 2 + x / 3))
        for x in range(61)
    ]
    pen = page(canvas)
    pen.fill([*crest, (1, 1.05), (0, 1.05)], Linear((lighter(colour, 0.15), darker(colour, 0.1))), alpha)
    pen.line(crest, lighter(colour, 0.55), 0.004, 0.7)


def underwater(canvas: Canvas, rng: Random, colour: Colour, sand: Colour, weed: Colour) -> None:
    pen = page(canvas)
    pen.fill(box(0, 0, 1, 1), Linear((lighter(colour, 0.5), colour, darker(colour, 0.45))))
    for _ in range(6):
        x, width, lean = rng.uniform(0, 1), rng.uniform(0.03, 0.1), rng.uniform(-0.35, 0.15)
        pen.fill([(x, -0.1), (x + width, -0.1), (x + lean + width * 2.5, 1), (x + lean, 1)], WHITE, 0.09, blur=0.012)
    for shade in (0.55, 0.3):
        pen.fill(ridge(rng, 0.9 - shade * 0.25, 0.07, 4), mix(darker(colour, 0.2), sand, 0.3 - shade * 0.3), 0.6)
    if rng.random() < 0.75:
        pen.fill(ridge(rng, 0.91, 0.025, 4), Linear((lighter(sand, 0.1), darker(sand, 0.35))))
    for _ in range(rng.randint(5, 12)):
        _weed(canvas, rng, weed)
    for _ in range(rng.randint(8, 18)):
        bubble = place(canvas, rng.random(), rng.random(), rng.uniform(0.006, 0.018))
        bubble.dot(0, 0, 1, WHITE, 0.22)
        bubble.dot(-0.3, -0.3, 0.32, WHITE, 0.7)


def _weed(canvas: Canvas, rng: Random, colour: Colour) -> None:
    pen = place(canvas, rng.choice((rng.uniform(0, 0.35), rng.uniform(0.65, 1))), 1.02, rng.uniform(0.2, 0.42))
    sway, shade = rng.uniform(-0.25, 0.25), rng.uniform(0, 0.4)
    spine = [(sway * t * math.sin(t * 5), -t) for t in (0, 0.25, 0.5, 0.75, 1)]
    left = [(x - 0.07 * (1 - 0.9 * i / 4), y) for i, (x, y) in enumerate(spine)]
    right = [(x + 0.07 * (1 - 0.9 * i / 4), y) for i, (x, y) in enumerate(spine)]
    pen.fill(smooth([*left, *reversed(right)]), Linear((lighter(colour, 0.25), darker(colour, shade))), 0.9)
