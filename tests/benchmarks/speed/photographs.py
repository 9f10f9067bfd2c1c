"""Pictures with the statistics of photographs, made from the sample data: no network, the same on every machine."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from PIL import Image

SAMPLE_DATA = Path(__file__).parents[3] / "sample_data"

CAMERA = (4000, 3000)
"""Twelve megapixels."""

SMOOTH = (0.8, 1.6)
"""The least and the most grain of a smooth camera picture, in grey levels; it decides the size of its JPEG: 1.4 MB."""

GRAINY = (3.0, 5.5)
"""The same where a sensor's noise is left in: 2.4 to 3.9 MB."""

ORIENTATIONS = (1, 1, 6, 1, 8, 1, 3)
"""How people hold a camera, in turns."""


def photograph(seed: int, size: tuple[int, int], grain: float) -> Image.Image:
    """A random piece of a sample picture at that size, with texture at all scales and the grain of a sensor.

    The texture is noise of which each octave is twice as strong as the finer one, as in the spectra of photographs.
    `grain` is the strength of the finest, in grey levels.
    """
    rng = np.random.default_rng(seed)
    with Image.open(_samples()[int(rng.integers(len(_samples())))]) as opened:
        picture = opened.convert("RGB")
    share = rng.uniform(0.5, 0.95)
    width, height = (max(1, int(side * share)) for side in picture.size)
    left, top = (int(rng.integers(whole - side + 1)) for whole, side in zip(picture.size, (width, height), strict=True))
    box = (left, top, left + width, top + height)
    whole = np.asarray(picture.resize(size, Image.Resampling.BICUBIC, box=box), dtype=np.int16)
    texture = np.zeros((size[1], size[0]), dtype=np.float32)
    for octave in range(5):
        scale = 2**octave
        cells = (-(-size[0] // scale), -(-size[1] // scale))
        noise = Image.fromarray(rng.standard_normal(cells[::-1], dtype=np.float32) * (grain * scale**0.5))
        texture += np.asarray(noise if octave == 0 else noise.resize(size, Image.Resampling.BILINEAR))
    return Image.fromarray((whole + texture.astype(np.int16)[..., None]).clip(0, 255).astype(np.uint8))


def camera_jpeg(seed: int, grain: tuple[float, float]) -> bytes:
    """A JPEG as of a camera or a telephone, at quality 90, some to be turned by their EXIF orientation."""
    least, most = grain
    exif = Image.Exif()
    exif[0x0112] = ORIENTATIONS[seed % len(ORIENTATIONS)]
    return _jpeg(photograph(seed, CAMERA, grain=least + (most - least) * (seed * 7 % 10) / 9), 90, exif)


def write_camera_pictures(folder: Path, count: int, grain: tuple[float, float], originals: int = 25) -> list[Path]:
    """Camera JPEGs, of which every so many have the same pixels; no two have the same bytes."""
    folder.mkdir(parents=True)
    contents = [b""] * min(originals, count)
    for number, content in enumerate(_in_threads(partial(camera_jpeg, grain=grain), len(contents))):
        contents[number] = content
    files = [folder / f"IMG_{number:04}.JPG" for number in range(count)]
    for number, file in enumerate(files):
        file.write_bytes(_commented(contents[number % len(contents)], number))
    return files


def small_jpeg(seed: int) -> bytes:
    """A JPEG as of a web page: its longer side has 240 to 500 pixels."""
    rng = np.random.default_rng(seed)
    side = int(rng.integers(240, 501))
    other = int(side * rng.choice([0.5625, 0.6667, 0.75, 1.0]))
    size = (side, other) if rng.random() < 0.7 else (other, side)
    return _jpeg(photograph(seed, size, grain=1.5), 85, Image.Exif())


def write_small_pictures(folder: Path, count: int) -> list[Path]:
    """Small JPEGs, a thousand a folder."""
    files = []
    for number, content in enumerate(_in_threads(small_jpeg, count)):
        file = folder / f"{number // 1000:03}" / f"{number:06}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        files.append(file)
    return files


@lru_cache
def _samples() -> list[Path]:
    return sorted(path for path in SAMPLE_DATA.rglob("*") if path.suffix in (".jpg", ".png", ".webp"))


def _jpeg(picture: Image.Image, quality: int, exif: Image.Exif) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality, subsampling="4:2:0", exif=exif)
    return stream.getvalue()


def _commented(content: bytes, number: int) -> bytes:
    """The same JPEG with a comment right after its first mark, so that it is another file."""
    comment = f"{number:08}".encode()
    return content[:2] + b"\xff\xfe" + (2 + len(comment)).to_bytes(2, "big") + comment + content[2:]


def _in_threads(make: Callable[[int], bytes], count: int) -> Iterator[bytes]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(make, range(count))
