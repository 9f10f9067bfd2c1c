"""Draws the sample pictures: `python sample_data/draw.py [FOLDER]` (default: the folder of this script).

The same Pillow gives the same bytes. Every picture has its own seed, so a change to one class leaves the others alone.
"""

import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from drawing.canvas import Canvas
from drawing.sheet import contact_sheet
from drawing.things import (
    balloon,
    butterfly,
    cactus,
    candle,
    fish,
    house,
    lighthouse,
    mushroom,
    owl,
    rocket,
    sailboat,
    sunflower,
    teacup,
    train,
    umbrella,
)
from PIL import Image, ImageEnhance

Painter = Callable[[Canvas, Random, int], None]

PER_CLASS = 8

SEEN: dict[str, Painter] = {
    "balloon": balloon.picture,
    "cactus": cactus.picture,
    "candle": candle.picture,
    "fish": fish.picture,
    "house": house.picture,
    "lighthouse": lighthouse.picture,
    "mushroom": mushroom.picture,
    "owl": owl.picture,
    "rocket": rocket.picture,
    "sailboat": sailboat.picture,
    "teacup": teacup.picture,
    "umbrella": umbrella.picture,
}
UNSEEN: dict[str, Painter] = {
    "butterfly": butterfly.picture,
    "sunflower": sunflower.picture,
    "train": train.picture,
}

_SUFFIXES = ("jpg", "webp", "jpg", "png", "webp", "jpg", "webp", "jpg")
_WIDE = {"train"}
_SIZES: dict[tuple[bool, bool], tuple[tuple[int, int], ...]] = {  # by: must be wide, is a PNG (small: they weigh most)
    (False, False): ((480, 360), (360, 480), (400, 400), (512, 340), (300, 420), (640, 400), (448, 448), (420, 315)),
    (False, True): ((320, 256), (256, 320), (288, 288)),
    (True, False): ((512, 340), (480, 320), (640, 360), (420, 315), (400, 300)),
    (True, True): ((340, 256), (320, 256)),
}


@dataclass(frozen=True)
class NearDuplicate:
    """`copy` was made from `original`; both are paths below the sample folder. `_changed` knows the changes."""

    original: str
    copy: str
    change: str


NEAR_DUPLICATES = (
    NearDuplicate("seen/sailboat/sailboat-03.jpg", "seen/sailboat/sailboat-03-smaller.jpg", "smaller"),
    NearDuplicate("seen/teacup/teacup-01.jpg", "seen/teacup/teacup-01-recompressed.jpg", "recompressed"),
    NearDuplicate("seen/owl/owl-05.webp", "seen/owl/owl-05-cropped.webp", "cropped"),
    NearDuplicate("seen/house/house-08.jpg", "seen/house/house-08-brighter.jpg", "brighter"),
    NearDuplicate("seen/fish/fish-04.png", "seen/fish/fish-04-converted.jpg", "converted"),
)


def draw_all(folder: Path) -> None:
    """Everything that the script makes, below `folder`."""
    rows = []
    for split, classes in (("seen", SEEN), ("unseen", UNSEEN)):
        for name in classes:
            (folder / split / name).mkdir(parents=True, exist_ok=True)
            row = [folder / split / name / f"{name}-{nth + 1:02}.{_SUFFIXES[nth]}" for nth in range(PER_CLASS)]
            for nth, path in enumerate(row):
                save(drawn(name, nth), path)
            rows.append(row)
    for pair in NEAR_DUPLICATES:
        with Image.open(folder / pair.original) as original:
            save(_changed(original, pair.change), folder / pair.copy, 40 if pair.change == "recompressed" else 82)
    contact_sheet(rows, tile=88).save(folder / ".contact-sheet.webp", quality=62, method=6)


def drawn(name: str, nth: int) -> Image.Image:
    """The picture number `nth` of a class, counted from 0."""
    seed = zlib.crc32(f"{name}-{nth}".encode())
    png = _SUFFIXES[nth] == "png"
    sizes = _SIZES[name in _WIDE, png]
    canvas = Canvas(*sizes[(seed + nth) % len(sizes)])
    (SEEN | UNSEEN)[name](canvas, Random(seed), nth)
    return canvas.finished(seed, grain=0.0 if png else 2.0)


def _changed(picture: Image.Image, change: str) -> Image.Image:
    width, height = picture.size
    if change == "smaller":
        return picture.resize((round(width * 0.75), round(height * 0.75)), Image.Resampling.LANCZOS)
    if change == "cropped":
        return picture.crop((width // 25, height // 25, width - width // 25, height - height // 25))
    if change == "brighter":
        return ImageEnhance.Brightness(picture).enhance(1.15)
    return picture.copy()


def save(picture: Image.Image, path: Path, quality: int = 82) -> None:
    if path.suffix == ".png":
        picture.save(path, optimize=True)
    elif path.suffix == ".webp":
        picture.save(path, quality=quality, method=6)
    else:
        picture.save(path, quality=quality, optimize=True)


if __name__ == "__main__":
    draw_all(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
