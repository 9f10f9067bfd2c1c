"""The sky beyond the sky: nebulae, stars and a planet."""

from random import Random

from drawing.canvas import Canvas
from drawing.colour import Colour, darker, lighter, mix
from drawing.paint import Linear, Radial
from drawing.pen import Pen, page, place
from drawing.scenes.sky import stars
from drawing.shapes import arc, box, ellipse


def space(canvas: Canvas, rng: Random, deep: Colour, nebula: Colour, planet: Colour | None) -> None:
    pen = page(canvas)
    pen.fill(box(0, 0, 1, 1), Linear((darker(deep, 0.4), deep, mix(deep, nebula, 0.35)), (0.7, 1)))
    for _ in range(7):
        fog = place(canvas, rng.random(), rng.random(), rng.uniform(0.3, 0.7))
        fog.glow(0, 0, 1, rng.choice((nebula, lighter(deep, 0.3), lighter(nebula, 0.2))), 0.4)
    stars(canvas, rng, 120)
    if planet is not None:
        _planet(place(canvas, rng.choice((0.14, 0.86)), rng.choice((0.16, 0.85)), rng.uniform(0.13, 0.24)), rng, planet)


def _planet(pen: Pen, rng: Random, colour: Colour) -> None:
    pen.glow(0, 0, 1.7, lighter(colour, 0.3), 0.4)
    disc = ellipse(0, 0, 1)
    pen.fill(disc, colour)
    tilted = pen.turned(rng.uniform(-30, 30))
    with pen.within(disc):
        for i in range(5):
            y = -0.9 + i * 0.42
            tilted.fill(box(-1.2, y, 1.2, y + rng.uniform(0.1, 0.25)), lighter(colour, 0.2 + 0.1 * (i % 2)), 0.5, 0.03)
        pen.fill(disc, Radial((lighter(colour, 0.4), colour, darker(colour, 0.8)), (0.25, 0.25)), 0.5)
    if rng.random() < 0.6:
        ring = [*arc(0, 0, 1.75, 0.42, (-15, 195)), *reversed(arc(0, 0, 1.35, 0.28, (-15, 195)))]
        tilted.fill(ring, Linear((lighter(colour, 0.5), darker(colour, 0.1)), (1, 0)), 0.85)
