"""Woodland: trunks in the mist, the forest floor, and leaves out of focus."""

from random import Random

from drawing.canvas import Canvas
from drawing.colour import Colour, darker, lighter, mix, varied
from drawing.paint import Linear
from drawing.pen import page, place
from drawing.scenes.land import grass
from drawing.shapes import box, leaf, ridge, smooth


def forest(canvas: Canvas, rng: Random, light: Colour, trunk: Colour, floor: Colour, *, ground: float = 0.7) -> None:
    """Trunks get darker and sharper from back to front; the floor begins at `ground`."""
    pen = page(canvas)
    pen.fill(box(0, 0, 1, 1), Linear((lighter(light, 0.25), light, mix(light, floor, 0.4))))
    place(canvas, rng.uniform(0.2, 0.8), 0.2, 1).glow(0, 0, 0.8, lighter(light, 0.8), 0.7)
    for depth in range(3):
        tone = mix(light, trunk, 0.25 + 0.28 * depth)
        for _ in range(6 - depth):
            x, width = rng.random(), rng.uniform(0.012, 0.03) * (1 + depth)
            lean = rng.uniform(-0.02, 0.02)
            pen.fill(
                smooth(
                    [
                        (x - width, 1),
                        (x - width * 0.7 + lean, 0.4),
                        (x - width * 0.6 + lean, -0.2),
                        (x + width * 0.6 + lean, -0.2),
                        (x + width * 0.7 + lean, 0.4),
                        (x + width, 1),
                    ]
                ),
                Linear((lighter(tone, 0.15), tone, darker(tone, 0.25)), (1, 0)),
            )
        tone = mix(light, floor, 0.45 + 0.25 * depth)
        pen.fill(ridge(rng, ground - 0.08 + depth * 0.06, 0.025, 4), Linear((lighter(tone, 0.12), darker(tone, 0.3))))
        if depth < 2:
            canvas.soften(2.2 - depth)
    grass(canvas, rng, floor, ground + 0.06, 90, size=0.07)


def foliage(canvas: Canvas, rng: Random, colour: Colour, light: Colour) -> None:
    """Leaves and discs of light, far behind the focus, with some sharper leaves at the edges."""
    pen = page(canvas)
    pen.fill(box(0, 0, 1, 1), Linear((lighter(colour, 0.3), colour, darker(colour, 0.35)), (0.5, 1)))
    for _ in range(26):
        blade = place(canvas, rng.random(), rng.random(), rng.uniform(0.25, 0.6)).turned(rng.uniform(0, 360))
        tone = varied(mix(colour, rng.choice((light, darker(colour, 0.5))), rng.uniform(0.1, 0.5)), rng, 0.02)
        blade.fill(leaf(1, 0.45), tone, 0.6)
    canvas.soften(9)
    for _ in range(16):
        disc = place(canvas, rng.random(), rng.random(), rng.uniform(0.03, 0.09))
        disc.dot(0, 0, 1, lighter(light, 0.3), rng.uniform(0.08, 0.3))
    canvas.soften(1.2)
    for _ in range(rng.randint(4, 7)):
        edge = place(canvas, rng.choice((-0.03, 1.03)), rng.uniform(0.2, 1.05), rng.uniform(0.25, 0.45))
        blade = edge.turned(rng.uniform(-180, 180))
        tone = varied(darker(colour, 0.2), rng, 0.03)
        blade.fill(leaf(1, 0.4), Linear((lighter(tone, 0.2), darker(tone, 0.2)), (0, 1)), 0.9)
        blade.line([(0, 0), (0.95, 0)], lighter(tone, 0.3), 0.012, 0.6)
