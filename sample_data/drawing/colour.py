"""Colours as 8-bit RGB triples, and the few ways they are varied."""

import colorsys
from random import Random

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
INK: Colour = (38, 36, 48)


def rgb(code: str) -> Colour:
    """`"f4a261"` as a colour."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def mix(a: Colour, b: Colour, t: float) -> Colour:
    """`a` at t = 0, `b` at t = 1."""
    return (
        round(a[0] + (b[0] - a[0]) * t),
        round(a[1] + (b[1] - a[1]) * t),
        round(a[2] + (b[2] - a[2]) * t),
    )


def lighter(colour: Colour, amount: float = 0.25) -> Colour:
    return mix(colour, WHITE, amount)


def darker(colour: Colour, amount: float = 0.25) -> Colour:
    """Towards a blue-violet dark instead of black: shadows stay colourful."""
    return mix(colour, (22, 16, 48), amount)


def varied(colour: Colour, rng: Random, amount: float = 0.03) -> Colour:
    """A neighbour of `colour` in hue, lightness and saturation."""
    hue, light, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in colour))
    hue = (hue + rng.uniform(-amount, amount)) % 1
    light = min(1.0, max(0.0, light + rng.uniform(-amount, amount)))
    saturation = min(1.0, max(0.0, saturation + rng.uniform(-amount, amount)))
    red, green, blue = colorsys.hls_to_rgb(hue, light, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)
