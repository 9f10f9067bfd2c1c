"""A pen draws outlines on a canvas in its own coordinates, which can be moved, turned and scaled."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from drawing.canvas import OVERSAMPLING, Canvas
from drawing.colour import INK, Colour
from drawing.paint import Box, Linear, Paint, Radial, linear_patch, radial_patch
from drawing.shapes import Outline, ellipse

_GLOW = Image.radial_gradient("L").point([round(255 * max(0.0, 1 - v / 180) ** 2) for v in range(256)])


@dataclass(frozen=True)
class Pen:
    """The axes are the columns of a 2 × 2 matrix in oversampled pixels; x runs right and y down."""

    canvas: Canvas
    origin: tuple[float, float]
    x_axis: tuple[float, float]
    y_axis: tuple[float, float]

    def at(self, x: float, y: float) -> Pen:
        return Pen(self.canvas, self._pixel(x, y), self.x_axis, self.y_axis)

    def turned(self, degrees: float) -> Pen:
        """Clockwise."""
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        return self._with_axes((c, s), (-s, c))

    def scaled(self, x: float, y: float | None = None) -> Pen:
        return self._with_axes((x, 0.0), (0.0, x if y is None else y))

    def sheared(self, x: float) -> Pen:
        """The y axis leans by `x`."""
        return self._with_axes((1.0, 0.0), (x, 1.0))

    @property
    def unit(self) -> float:
        """Length of one unit, in oversampled pixels."""
        (a, b), (c, d) = self.x_axis, self.y_axis
        return math.sqrt(abs(a * d - b * c))

    def fill(self, outline: Outline, paint: Paint, alpha: float = 1.0, blur: float = 0.0) -> None:
        """`blur` is a radius in units."""
        pixels, radius = self._pixels(outline), blur * self.unit
        box = self._box(pixels, 3 * radius)
        if box is not None:
            mask = self._mask(pixels, box, alpha)
            self._paste(paint, pixels, box, mask.filter(ImageFilter.GaussianBlur(radius)) if radius else mask)

    def line(self, points: Outline, paint: Paint, width: float, alpha: float = 1.0) -> None:
        """A stroke with round ends; the width is in units."""
        pixels, thick = self._pixels(points), max(1.0, width * self.unit)
        box = self._box(pixels, thick)
        if box is None:
            return
        mask = Image.new("L", (box[2] - box[0], box[3] - box[1]))
        draw, level = ImageDraw.Draw(mask), round(255 * alpha)
        moved = [(x - box[0], y - box[1]) for x, y in pixels.tolist()]
        draw.line(moved, fill=level, width=round(thick), joint="curve")
        for x, y in (moved[0], moved[-1]):
            draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=level)
        self._paste(paint, pixels, box, mask)

    def dot(self, x: float, y: float, radius: float, paint: Paint, alpha: float = 1.0) -> None:
        self.fill(ellipse(x, y, radius, points=28), paint, alpha)

    def glow(self, x: float, y: float, radius: float, colour: Colour, alpha: float = 1.0) -> None:
        """Light that fades to nothing at the radius."""
        corners = self._pixels(ellipse(x, y, radius, points=32))
        left, top, right, bottom = (round(v) for v in (*corners.min(axis=0), *corners.max(axis=0)))
        if right > left and bottom > top:
            mask = _GLOW.resize((right - left, bottom - top), Image.Resampling.BILINEAR)
            self.canvas.image.paste(colour, (left, top, right, bottom), mask.point(lambda v: v * alpha))

    def shadow(self, x: float, y: float, rx: float, ry: float, alpha: float = 0.3) -> None:
        """The soft dark ellipse under a thing that stands on something."""
        self.fill(ellipse(x, y, rx, ry), INK, alpha, blur=0.35 * ry)

    @contextmanager
    def within(self, outline: Outline) -> Iterator[None]:
        """What is drawn inside stays inside the outline."""
        before = self.canvas.image.copy()
        yield
        pixels = self._pixels(outline)
        box = self._box(pixels, 0)
        if box is not None:
            before.paste(self.canvas.image.crop(box), box, self._mask(pixels, box, 1.0))
        self.canvas.image = before

    def _with_axes(self, x: tuple[float, float], y: tuple[float, float]) -> Pen:
        (a, b), (c, d) = self.x_axis, self.y_axis
        return Pen(
            self.canvas,
            self.origin,
            (a * x[0] + c * x[1], b * x[0] + d * x[1]),
            (a * y[0] + c * y[1], b * y[0] + d * y[1]),
        )

    def _pixel(self, x: float, y: float) -> tuple[float, float]:
        (a, b), (c, d) = self.x_axis, self.y_axis
        return self.origin[0] + a * x + c * y, self.origin[1] + b * x + d * y

    def _pixels(self, outline: Outline) -> NDArray[np.float64]:
        """Shape (points, 2)."""
        axes = np.array([self.x_axis, self.y_axis])
        pixels: NDArray[np.float64] = np.asarray(outline, dtype=np.float64) @ axes + np.array(self.origin)
        return pixels

    def _box(self, pixels: NDArray[np.float64], margin: float) -> Box | None:
        """The part of the sheet that can change, or None where that is nothing."""
        width, height = self.canvas.image.size
        left, top = np.floor(pixels.min(axis=0) - margin).astype(int).tolist()
        right, bottom = np.ceil(pixels.max(axis=0) + margin + 1).astype(int).tolist()
        box = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        return box if box[0] < box[2] and box[1] < box[3] else None

    def _mask(self, pixels: NDArray[np.float64], box: Box, alpha: float) -> Image.Image:
        mask = Image.new("L", (box[2] - box[0], box[3] - box[1]))
        moved = [(x - box[0], y - box[1]) for x, y in pixels.tolist()]
        ImageDraw.Draw(mask).polygon(moved, fill=round(255 * alpha))
        return mask

    def _paste(self, paint: Paint, pixels: NDArray[np.float64], box: Box, mask: Image.Image) -> None:
        if isinstance(paint, Linear):
            x, y = paint.direction
            direction = x * np.array(self.x_axis) + y * np.array(self.y_axis)
            along = pixels @ direction
            patch = linear_patch(paint, direction, np.array([along.min(), along.max()]), box)
            self.canvas.image.paste(patch, box, mask)
        elif isinstance(paint, Radial):
            extent = np.concatenate([pixels.min(axis=0), pixels.max(axis=0)])
            self.canvas.image.paste(radial_patch(paint, extent, box), box, mask)
        else:
            self.canvas.image.paste(paint, box, mask)


def page(canvas: Canvas) -> Pen:
    """Coordinates from 0 to 1 across and down the whole sheet: for backgrounds."""
    width, height = canvas.image.size
    return Pen(canvas, (0.0, 0.0), (float(width), 0.0), (0.0, float(height)))


def place(canvas: Canvas, x: float, y: float, size: float) -> Pen:
    """Square coordinates around (x, y) of the page; one unit is `size` times the shorter side."""
    width, height = canvas.image.size
    unit = size * min(canvas.width, canvas.height) * OVERSAMPLING
    return Pen(canvas, (x * width, y * height), (unit, 0.0), (0.0, unit))
