"""Open country: hills, meadow, mountains, snow, desert."""

from random import Random

from drawing.canvas import Canvas
from drawing.colour import WHITE, Colour, darker, lighter, mix, rgb, varied
from drawing.mood import Mood
from drawing.paint import Linear
from drawing.pen import Pen, page, place
from drawing.scenes.sky import sky
from drawing.shapes import box, ellipse, jagged, leaf, ridge, smooth

_FLOWERS = (rgb("fff3b0"), rgb("f28482"), rgb("ffffff"), rgb("c77dff"), rgb("ffb703"))


def mountains(canvas: Canvas, rng: Random, mood: Mood, horizon: float, snow: bool = True) -> None:
    """Two sharp ranges, the nearer with snow on the tops."""
    pen = page(canvas)
    far = mix(mood.land[0], mood.sky[-1], 0.55)
    pen.fill(ridge(rng, horizon - 0.16, 0.09, 5, sharp=True), Linear((far, mix(far, mood.sky[-1], 0.5))))
    near = mix(mood.land[0], mood.sky[0], 0.35)
    for _ in range(rng.randint(2, 3)):
        x, width, top = rng.uniform(0.05, 0.95), rng.uniform(0.28, 0.42), horizon - rng.uniform(0.2, 0.34)
        left = jagged(rng, [(x - width, horizon + 0.05), (x, top)], 0.03)
        right = jagged(rng, [(x, top), (x + width, horizon + 0.05)], 0.03)
        outline = [*left, *right]
        pen.fill(outline, Linear((near, mix(near, mood.sky[-1], 0.4))))
        spine = jagged(rng, [(x, top), (x + width * 0.12, horizon + 0.05)], 0.03)
        pen.fill([*spine, *reversed(right)], darker(near, 0.4), 0.45)
        if snow:
            line = jagged(rng, [(x - width, top + 0.09), (x + width, top + 0.09)], 0.05, rounds=5)
            with pen.within(outline):
                pen.fill([*line, (x + width, 0), (x - width, 0)], mix(WHITE, mood.light, 0.3), 0.85)


def hills(canvas: Canvas, rng: Random, mood: Mood, horizon: float, trees: int = 8) -> None:
    """Rolling land in three layers, from the horizon to the lower edge, with trees on the middle one."""
    pen = page(canvas)
    for i, colour in enumerate(mood.land):
        height = horizon + i * (1 - horizon) * 0.3
        tone = varied(colour, rng, 0.02)
        pen.fill(ridge(rng, height, 0.035, rng.randint(2, 4)), Linear((lighter(tone, 0.15), tone, darker(tone, 0.25))))
        if i == 1:
            for _ in range(trees):
                spot = place(canvas, rng.random(), height + rng.uniform(0.0, 0.05), rng.uniform(0.03, 0.06))
                tree(spot, rng, darker(mood.land[-1], rng.uniform(0, 0.3)))


def tree(pen: Pen, rng: Random, colour: Colour) -> None:
    """A distant tree, one unit high or somewhat more: round or pointed."""
    pen.fill(box(-0.07, -0.5, 0.07, 0.05), darker(colour, 0.5))
    if rng.random() < 0.5:
        pen.fill(ellipse(0, -0.9, 0.45, 0.6), Linear((lighter(colour, 0.2), darker(colour, 0.25))))
    else:
        for i in range(3):
            y = -0.2 - i * 0.45
            half = 0.55 - i * 0.13
            pen.fill([(-half, y), (0, y - 0.8), (half, y)], Linear((lighter(colour, 0.1), darker(colour, 0.2))))


def meadow(canvas: Canvas, rng: Random, mood: Mood, horizon: float, flowers: bool = True) -> None:
    sky(canvas, rng, mood, horizon)
    hills(canvas, rng, mood, horizon)
    grass(canvas, rng, mood.land[-1], horizon + (1 - horizon) * 0.55, 110)
    for _ in range(rng.randint(14, 30) if flowers else 0):
        spot = place(canvas, rng.random(), rng.uniform(horizon + (1 - horizon) * 0.5, 1), rng.uniform(0.007, 0.014))
        colour = rng.choice(_FLOWERS)
        for turn in range(0, 360, 72):
            spot.turned(turn).dot(0.8, 0, 0.6, colour)
        spot.dot(0, 0, 0.5, rgb("f6bd60"))


def grass(canvas: Canvas, rng: Random, colour: Colour, top: float, blades: int, *, size: float = 0.09) -> None:
    for i in range(blades):
        y = top + (1.03 - top) * i / blades
        blade = place(canvas, rng.random(), y, size * rng.uniform(0.4, 1.0)).turned(-90 + rng.uniform(-25, 25))
        blade.fill(leaf(1, 0.14), varied(rng.choice((lighter(colour, 0.2), darker(colour, 0.2))), rng, 0.02), 0.8)


def snowfield(canvas: Canvas, rng: Random, mood: Mood, horizon: float) -> None:
    """The mood's own land is replaced by snow in the light of its sky."""
    sky(canvas, rng, mood, horizon, clouds=3)
    pen = page(canvas)
    mountains(canvas, rng, mood, horizon)
    for i in range(3):
        tone = mix(mix(WHITE, mood.sky[-1], 0.6), WHITE, i / 2.5)
        height = horizon + i * (1 - horizon) * 0.28
        pen.fill(ridge(rng, height, 0.03, 3), Linear((lighter(tone, 0.5), tone, mix(tone, mood.sky[0], 0.25))))
        for _ in range(5 if i < 2 else 0):
            spot = place(canvas, rng.random(), height + rng.uniform(0, 0.04), rng.uniform(0.05, 0.09))
            tree(spot, rng, mix(rgb("3d6b66"), mood.sky[0], 0.25))


def snowfall(canvas: Canvas, rng: Random, flakes: int = 90) -> None:
    for _ in range(flakes):
        place(canvas, rng.random(), rng.random(), rng.uniform(0.003, 0.009)).dot(0, 0, 1, WHITE, rng.uniform(0.4, 0.9))


def desert(canvas: Canvas, rng: Random, mood: Mood, sand: Colour, horizon: float) -> None:
    """Table mountains on the horizon, dunes in front, stones."""
    sky(canvas, rng, mood, horizon, clouds=rng.randint(0, 3))
    pen = page(canvas)
    for shade in (0.55, 0.25):
        rock = mix(darker(sand, 0.25), mood.sky[-1], shade)
        for _ in range(2):
            x, half, top = rng.random(), rng.uniform(0.06, 0.16), horizon - rng.uniform(0.05, 0.15) * (1.2 - shade)
            flank = half * 1.35
            pen.fill(
                [(x - flank, horizon + 0.02), (x - half, top), (x + half, top), (x + flank, horizon + 0.02)],
                Linear((lighter(rock, 0.2), rock), (1, 0.4)),
            )
    for i in range(3):
        tone = darker(sand, 0.05 + 0.06 * i)
        height = horizon + i * (1 - horizon) * 0.3
        pen.fill(ridge(rng, height, 0.03, 2 + i), Linear((lighter(tone, 0.3), tone, darker(tone, 0.2)), (0.6, 1)))
    for _ in range(16):
        spot = place(canvas, rng.random(), rng.uniform(horizon + 0.06, 1), rng.uniform(0.008, 0.03))
        spot.shadow(0.4, 0.25, 1.4, 0.4)
        stone = smooth([(-1, 0.2), (-0.5, -0.5), (0.4, -0.6), (1, 0.1), (0.3, 0.4)])
        spot.fill(stone, Linear((lighter(sand, 0.1), darker(sand, 0.5))))
