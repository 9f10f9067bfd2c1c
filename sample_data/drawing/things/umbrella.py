"""Open umbrellas: in the rain, on the beach, flying off."""

import math
from random import Random

from drawing.canvas import Canvas
from drawing.colour import WHITE, Colour, darker, lighter, mix, rgb
from drawing.mood import AUTUMN, DUSK, MINT, MORNING, NIGHT, NOON, OVERCAST, SUNSET
from drawing.paint import Linear
from drawing.pen import Pen, page, place
from drawing.scenes.sky import sky
from drawing.scenes.town import puddles, rain, street
from drawing.scenes.water import sea
from drawing.shapes import Point, arc, ridge, smooth

_MOODS = (OVERCAST, NOON, DUSK, MINT, NIGHT, AUTUMN, MORNING, SUNSET)
_COLOURS = (
    ("d62839", "d62839"),
    ("ffb703", "fff8e7"),
    ("2a9d8f", "2a9d8f"),
    ("e4572e", "fdf0d5"),
    ("f4d35e", "ee964b"),
    ("3d348b", "7678ed"),
    ("f28482", "84a59d"),
    ("1d3557", "e9e4d4"),
)
_GORES = 6


def umbrella(pen: Pen, colours: tuple[Colour, Colour], handle: str) -> None:
    """The canopy is two units wide with its rim on y = 0; the stick ends at y = 1.35. `handle` is hook or pole."""
    wood = rgb("5f4330")
    end = 1.2 if handle == "hook" else 1.5
    pen.line([(0, -1.0), (0, end)], Linear((lighter(wood, 0.3), wood), (1, 0)), 0.055)
    if handle == "hook":
        pen.line(arc(0.15, end, 0.15, 0.17, (180, 20), points=16), wood, 0.085)
    top = -0.92
    under = [*_rim(), (0, -0.45)]
    pen.fill(under, darker(colours[0], 0.6))
    for i in range(_GORES):
        left, right = _rib(i), _rib(i + 1)
        scallop = smooth([left[-1], _sag(i), right[-1]], closed=False)
        colour = colours[i % 2]
        lit = lighter(colour, 0.3 * (1 - i / _GORES)) if i < _GORES / 2 else darker(colour, 0.09 * (i - 1))
        pen.fill([*left, *scallop, *reversed(right)], Linear((lighter(lit, 0.2), lit, darker(lit, 0.15))))
    for i in range(1, _GORES):
        pen.line(_rib(i), darker(colours[0], 0.4), 0.014, 0.6)
    pen.glow(-0.4, -0.6, 0.5, WHITE, 0.35)
    pen.line([(0, top), (0, top - 0.2)], wood, 0.05)


def _rib(i: int) -> list[Point]:
    """From the tip down to the rim."""
    x = -math.cos(math.pi * i / _GORES)
    return [(x * math.sin(t / 10 * math.pi / 2), -0.92 * math.cos(t / 10 * math.pi / 2)) for t in range(11)]


def _sag(i: int) -> Point:
    return -math.cos(math.pi * (i + 0.5) / _GORES) * 0.96, -0.1


def _rim() -> list[Point]:
    rim: list[Point] = []
    for i in range(_GORES):
        rim += [_rib(i)[-1], _sag(i)]
    return [*rim, _rib(_GORES)[-1]]


def _beach(canvas: Canvas, rng: Random, nth: int, colours: tuple[Colour, Colour]) -> None:
    sand = rgb({1: "f0d9a8", 3: "f6e4c0", 7: "e0a878"}[nth])
    sea(canvas, rng, _MOODS[nth], rng.uniform(0.4, 0.5))
    shore = page(canvas)
    shore.fill(ridge(rng, 0.7, 0.02, 3), WHITE, 0.6)
    shore.fill(ridge(rng, 0.73, 0.015, 3), Linear((lighter(sand, 0.25), sand, darker(sand, 0.2))))
    for _ in range(80):
        place(canvas, rng.random(), rng.uniform(0.77, 1), 0.004).dot(0, 0, 1, darker(sand, 0.3), 0.6)
    pen = place(canvas, rng.uniform(0.42, 0.58), 0.46, rng.uniform(0.36, 0.4))
    pen.shadow(0.5, 0.98, 0.9, 0.14, 0.35)
    towel = pen.at(0.62, 1.02)
    towel.fill([(-0.55, -0.06), (0.45, -0.06), (0.6, 0.12), (-0.55, 0.12)], mix(colours[0], WHITE, 0.45))
    towel.fill([(-0.3, -0.06), (-0.1, -0.06), (-0.05, 0.12), (-0.28, 0.12)], WHITE, 0.7)
    umbrella(pen.turned(rng.choice((-14, 14))).scaled(1, 0.9), colours, "pole")


def picture(canvas: Canvas, rng: Random, nth: int) -> None:
    mood = _MOODS[nth]
    colours = rgb(_COLOURS[nth][0]), rgb(_COLOURS[nth][1])
    if nth in (1, 3, 7):
        _beach(canvas, rng, nth, colours)
        return
    ground = rng.uniform(0.72, 0.8)
    if nth == 5:
        sky(canvas, rng, mood, clouds=7)
    else:
        street(canvas, rng, mood, ground)
        puddles(canvas, rng, mood, ground)
        rain(canvas, rng)
    count = (1, 1, 3, 1, 1, 3, 2, 1)[nth]
    for i in range(count):
        size = (0.34, 0.26, 0.23)[count - 1] * rng.uniform(0.92, 1.05)
        x = rng.uniform(0.45, 0.55) if count == 1 else (i + 0.5) / count + rng.uniform(-0.04, 0.04)
        y = rng.uniform(0.46, 0.54) if count == 1 else (0.34, 0.62, 0.42)[i]
        pair = _COLOURS[(nth + 3 * i) % 8]
        tilt = rng.uniform(-28, 28) if nth != 5 else rng.uniform(-50, 50)
        if nth != 5:
            place(canvas, x, ground + 0.14, size).shadow(0, 0, 0.8, 0.1, 0.25)
        umbrella(place(canvas, x, y, size).turned(tilt), (rgb(pair[0]), rgb(pair[1])), "hook")
    if nth in (0, 4):
        rain(canvas, rng, 60)
