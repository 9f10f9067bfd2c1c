"""Skies: the gradient, sun or moon, stars and clouds."""

from random import Random

from drawing.canvas import Canvas
from drawing.colour import WHITE, mix
from drawing.mood import Mood
from drawing.paint import Linear
from drawing.pen import Pen, page, place
from drawing.shapes import box, ellipse


def sky(canvas: Canvas, rng: Random, mood: Mood, horizon: float = 1.0, clouds: int = 4) -> None:
    """Down to `horizon`, a fraction of the height; what is below gets the horizon's colour."""
    pen = page(canvas)
    pen.fill(box(0, 0, 1, 1), mood.sky[-1])
    pen.fill(box(0, 0, 1, horizon + 0.01), Linear(mood.sky))
    if mood.stars:
        stars(canvas, rng, 70, horizon)
    _sun(canvas, rng, mood, horizon)
    for _ in range(clouds):
        across = rng.uniform(-0.05, 1.05)
        cloud(place(canvas, across, horizon * rng.uniform(0.1, 0.8), rng.uniform(0.1, 0.26)), rng, mood)


def stars(canvas: Canvas, rng: Random, count: int, horizon: float = 1.0) -> None:
    for _ in range(count):
        star = place(canvas, rng.random(), horizon * rng.random() ** 1.2, rng.uniform(0.0025, 0.007))
        star.dot(0, 0, 1, WHITE, rng.uniform(0.4, 1.0))


def _sun(canvas: Canvas, rng: Random, mood: Mood, horizon: float) -> None:
    pen = place(canvas, rng.uniform(0.12, 0.88), horizon * rng.uniform(0.18, 0.75), rng.uniform(0.05, 0.085))
    pen.glow(0, 0, 7, mood.light, 0.6)
    if mood.stars:
        pen.dot(0, 0, 1, mood.light)
        for x, y, radius in ((-0.3, -0.2, 0.22), (0.35, 0.25, 0.3), (0.1, -0.5, 0.14)):
            pen.dot(x, y, radius, mix(mood.light, mood.sky[-1], 0.25))
    else:
        pen.glow(0, 0, 2.2, mood.light, 0.9)
        pen.dot(0, 0, 1, mix(mood.light, WHITE, 0.4), 0.95)


def cloud(pen: Pen, rng: Random, mood: Mood, alpha: float = 0.75) -> None:
    """A heap of balls on a flat, soft base, about two units wide."""
    paint = Linear((mood.cloud, mix(mood.cloud, mood.sky[-2], 0.35)))
    puffs = rng.randint(4, 6)
    with pen.canvas.faded(alpha):
        pen.fill(box(-1.15, -0.13, 1.15, 0.13, 0.13), mix(mood.cloud, mood.sky[-2], 0.3), blur=0.03)
        for i in range(puffs):
            x = -0.8 + 1.6 * i / (puffs - 1)
            radius = rng.uniform(0.24, 0.34) + 0.22 * (1 - abs(x))
            with pen.within(box(-2, -2, 2, 0.13)):
                pen.fill(ellipse(x, -0.1, radius, radius * 0.82), paint)
