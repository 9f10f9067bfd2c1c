"""The learning curve beside a model: a CSV table and a picture of it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from imgsearch.training.reports import EpochReport, best_epoch
from imgsearch.workflows.output import CURVE

COLUMNS = ("epoch", "loss", "active", "similarity", "map_at_r", "recall_at_1", "learning_rate", "seconds")
LOSS, SCORE, INK, FAINT, PAPER = "#2a6fbb", "#c2410c", "#333333", "#dddddd", "#ffffff"
WIDTH, HEIGHT, LEFT, TOP, PANEL, GAP = 720, 560, 76, 44, 196, 62

Points = Sequence[tuple[float, float]]


def write_curve(folder: Path, reports: Sequence[EpochReport]) -> None:
    """Write learning_curve.csv and learning_curve.png into `folder`, replacing those of the epoch before."""
    _replace(folder / CURVE[0], _table(reports).encode())
    picture = io.BytesIO()
    draw_curve(reports).save(picture, "PNG", optimize=True)
    _replace(folder / CURVE[1], picture.getvalue())


def draw_curve(reports: Sequence[EpochReport]) -> Image.Image:
    """Loss above, map_at_r on unseen classes below, over epochs; the best epoch is marked."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    last = max(1, reports[-1].epoch if reports else 1)
    losses = [(report.epoch, report.loss) for report in reports if report.loss is not None]
    scores = [(report.epoch, report.map_at_r) for report in reports if report.map_at_r is not None]
    _panel(image, TOP, "loss", losses, last, LOSS, None)
    best = best_epoch(list(reports))
    _panel(image, TOP + PANEL + GAP, "map_at_r on unseen classes", scores, last, SCORE, best.epoch if best else None)
    return image


def _panel(
    image: Image.Image, top: int, title: str, points: Points, last: int, colour: str, marked: int | None
) -> None:
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=15)
    small = ImageFont.load_default(size=13)
    right, bottom = WIDTH - 24, top + PANEL
    draw.text((LEFT, top - 8), title, fill=colour, font=font, anchor="ls")
    if not points:
        draw.text((LEFT + 12, top + PANEL // 2), "not measured", fill=INK, font=small, anchor="lm")
    low, high, step = _ticks([value for _, value in points] or [0.0, 1.0])

    def place(epoch: float, value: float) -> tuple[float, float]:
        return LEFT + (right - LEFT) * epoch / last, bottom - (bottom - top) * (value - low) / (high - low)

    for number in range(round((high - low) / step) + 1):
        value = low + number * step
        y = place(0, value)[1]
        draw.line([(LEFT, y), (right, y)], fill=FAINT)
        draw.text((LEFT - 8, y), f"{value:.4g}", fill=INK, font=small, anchor="rm")
    every = max(1, -(-last // 12))
    for number in range(0, last + 1, every):
        draw.text((place(number, low)[0], bottom + 6), str(number), fill=INK, font=small, anchor="mt")
    draw.text((right, bottom + 22), "epoch", fill=INK, font=small, anchor="rt")
    placed = [place(*point) for point in points]
    if len(placed) > 1:
        draw.line(placed, fill=colour, width=2, joint="curve")
    for (epoch, value), (x, y) in zip(points, placed, strict=True):
        radius = 5 if epoch == marked else 2
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)
        if epoch == marked:
            anchor = "rs" if x > (LEFT + right) / 2 else "ls"
            draw.text((x, y - 9), f"{value:.4f}, epoch {epoch}", fill=colour, font=small, anchor=anchor)


def _ticks(values: Sequence[float]) -> tuple[float, float, float]:
    """Lowest and highest grid line around the values, and the distance of two: 1, 2 or 5 times a power of ten."""
    lowest, highest = min(values), max(values)
    room = (highest - lowest) or abs(highest) or 1.0
    power = 10.0 ** math.floor(math.log10(room / 5))
    step = next(factor * power for factor in (1, 2, 5, 10) if room <= 5 * factor * power)
    low = (lowest // step) * step
    high = -((-highest) // step) * step
    return low, high if high > low else low + step, step


def _table(reports: Sequence[EpochReport]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for report in reports:
        scores = report.validation or {}
        fields = {**vars(report), "map_at_r": scores.get("map_at_r"), "recall_at_1": scores.get("recall_at_1")}
        writer.writerow(["" if fields[name] is None else _short(fields[name]) for name in COLUMNS])
    return text.getvalue()


def _short(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def _replace(file: Path, content: bytes) -> None:
    beside = file.with_name(f"{file.name}.part")
    beside.write_bytes(content)
    beside.replace(file)
