"""Houses: cottages, town houses and barns, in meadows, snow and hills, with smoke or lit windows."""

from random import Random

from drawing.canvas import Canvas
from drawing.colour import INK, WHITE, Colour, darker, lighter, mix, rgb
from drawing.mood import AUTUMN, DUSK, MINT, MORNING, NIGHT, NOON, OVERCAST, WINTER
from drawing.paint import Linear
from drawing.pen import Pen, place
from drawing.scenes.land import hills, meadow, mountains, snowfall, snowfield
from drawing.scenes.sky import sky
from drawing.shapes import arc, box, ellipse

_MOODS = (NOON, NIGHT, AUTUMN, WINTER, MINT, DUSK, MORNING, OVERCAST)
_WALLS = ("f4ead5", "d9c2a3", "e07a5f", "a44a3f", "f2cc8f", "cfd8dc", "8fb8a8", "f7e1d7")
_ROOFS = ("a63d2f", "4a4e69", "6b3f2a", "3d405b", "2a6f73", "7b3f4f", "b5651d", "3f5f4f")
_KINDS = ("side", "gable", "town", "gable", "side", "town", "gable", "side")


def house(pen: Pen, kind: str, wall: Colour, roof: Colour, lit: bool) -> None:
    """It stands on the origin, about two units wide. `kind` is gable, side (the long front) or town (tall)."""
    half, eaves, top = {"gable": (0.75, -0.95, -1.75), "side": (1.1, -0.85, -1.6), "town": (0.6, -1.75, -2.4)}[kind]
    glass = rgb("ffd97a") if lit else rgb("9fc4d6")
    _chimney(pen.at(half * 0.45, top + (0.55 if kind != "side" else 0.2)), roof)
    front = box(-half, eaves, half, 0)
    if kind != "side":
        front.insert(1, (0, top))
    pen.fill(front, Linear((lighter(wall, 0.25), wall, darker(wall, 0.22)), (0.7, 1)))
    with pen.within(front):
        for i in range(9):
            pen.line([(-2, -0.13 - i * 0.26), (2, -0.13 - i * 0.26)], darker(wall, 0.25), 0.014, 0.4)
        pen.fill(box(-2, -0.16, 2, 0), mix(wall, rgb("6b6570"), 0.5))
        pen.fill(box(-2, eaves, 2, eaves + 0.13), INK, 0.25, blur=0.04)
    if kind == "side":
        slope = [(-half - 0.16, eaves + 0.06), (-half + 0.25, top), (half - 0.25, top), (half + 0.16, eaves + 0.06)]
        pen.fill(slope, Linear((lighter(roof, 0.25), roof, darker(roof, 0.2))))
        with pen.within(slope):
            for i in range(6):
                pen.line([(-2, top + i * 0.14), (2, top + i * 0.14)], darker(roof, 0.4), 0.018, 0.5)
                for j in range(-9, 10):
                    x = j * 0.15 + 0.075 * (i % 2)
                    pen.line([(x, top + i * 0.14), (x, top + i * 0.14 + 0.14)], darker(roof, 0.4), 0.014, 0.4)
    else:
        for side in (-1, 1):
            low = [(side * (half + 0.2), eaves + 0.08), (side * (half + 0.12), eaves + 0.2)]
            edge = [(0.0, top - 0.16), *low, (0.0, top + 0.06)]
            pen.fill(edge, Linear((lighter(roof, 0.25), roof) if side < 0 else (roof, darker(roof, 0.25))))
        pen.dot(0, top + 0.5, 0.14, rgb("f6efe2"))
        pen.dot(0, top + 0.5, 0.1, glass)
    _door(pen.at({"gable": -0.28, "side": -0.1, "town": 0.22}[kind], 0), mix(roof, rgb("2a6f73"), 0.4))
    windows = {
        "gable": ((0.36, -0.72),),
        "side": ((-0.72, -0.62), (0.38, -0.62), (0.8, -0.62)),
        "town": ((-0.26, -0.72), (-0.26, -1.42), (0.26, -1.42)),
    }[kind]
    for x, y in windows:
        _window(pen.at(x, y), glass, roof, lit)


def _window(pen: Pen, glass: Colour, shutter: Colour, lit: bool) -> None:
    if lit:
        pen.glow(0, 0.18, 0.6, rgb("ffc65c"), 0.6)
    pen.fill(box(-0.17, -0.02, 0.17, 0.38), rgb("f9f4ea"))
    pen.fill(box(-0.14, 0.01, 0.14, 0.35), Linear((lighter(glass, 0.45), glass), (0.5, 1)))
    pen.line([(0, 0.01), (0, 0.35)], rgb("f9f4ea"), 0.025)
    pen.line([(-0.14, 0.16), (0.14, 0.16)], rgb("f9f4ea"), 0.025)
    for side in (-1, 1):
        pen.scaled(side, 1).fill(box(0.17, -0.02, 0.25, 0.38), shutter)
    pen.fill(box(-0.2, 0.38, 0.2, 0.43), darker(rgb("f9f4ea"), 0.2))


def _door(pen: Pen, colour: Colour) -> None:
    pen.fill([(-0.19, 0), *arc(0, -0.45, 0.19, None, (180, 360), points=12), (0.19, 0)], rgb("f6efe2"))
    pen.fill(
        [(-0.15, 0), *arc(0, -0.45, 0.15, None, (180, 360), points=12), (0.15, 0)],
        Linear((lighter(colour, 0.2), colour)),
    )
    pen.dot(0.09, -0.25, 0.025, rgb("ffd97a"))
    pen.fill(box(-0.25, -0.03, 0.25, 0.05), rgb("9a939a"))


def _chimney(pen: Pen, colour: Colour) -> None:
    pen.fill(box(-0.11, -0.62, 0.11, 0.2), Linear((lighter(colour, 0.25), darker(colour, 0.2)), (1, 0)))
    pen.fill(box(-0.14, -0.7, 0.14, -0.6), darker(colour, 0.3))
    for i in range(5):
        pen.fill(ellipse(0.06 * i * i * 0.6, -0.85 - i * 0.2, 0.09 + i * 0.045), WHITE, 0.5 - i * 0.08, blur=0.05)


def _fence(canvas: Canvas, y: float, colour: Colour) -> None:
    pen = place(canvas, 0, y, 0.05)
    posts = round(canvas.width / min(canvas.width, canvas.height) * 20)
    for height in (-0.9, -0.45):
        pen.line([(0, height), (posts, height)], darker(colour, 0.1), 0.14)
    for i in range(0, posts + 1):
        pen.fill([(i - 0.2, 0), (i - 0.2, -1.2), (i, -1.5), (i + 0.2, -1.2), (i + 0.2, 0)], colour)


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    mood, horizon = _MOODS[nth], rng.uniform(0.56, 0.66)
    lit = mood in (NIGHT, DUSK)
    if mood is WINTER:
        snowfield(canvas, rng, mood, horizon)
    elif nth in (1, 5, 6):
        sky(canvas, rng, mood, horizon)
        mountains(canvas, rng, mood, horizon + 0.03, snow=nth != 5)
        hills(canvas, rng, mood, horizon)
    else:
        meadow(canvas, rng, mood, horizon, flowers=nth != 7)
    count = (1, 1, 3, 1, 1, 3, 2, 1)[nth]
    size = (0.36, 0.26, 0.24)[count - 1]
    for i in range(count):
        x = rng.uniform(0.46, 0.54) if count == 1 else (i + 1) / (count + 1) + (i - (count - 1) / 2) * 0.05
        y = rng.uniform(0.83, 0.88)
        pen = place(canvas, x, y, size * rng.uniform(0.95, 1.08))
        kind = _KINDS[nth] if count != 2 else ("gable", "side")[i]
        pen.shadow(0.2, 0.02, 1.2, 0.12, 0.35)
        house(pen, kind, rgb(_WALLS[(nth + 2 * i) % 8]), rgb(_ROOFS[(nth + 3 * i) % 8]), lit)
    if nth in (0, 4):
        _fence(canvas, 0.97, rgb("fbf8f0" if nth == 0 else "e9d8b4"))
    if mood is WINTER:
        snowfall(canvas, rng)
