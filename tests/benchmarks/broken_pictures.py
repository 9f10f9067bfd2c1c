"""A folder of broken and hostile pictures of all formats, the same ones for the same seed.

    python -m tests.benchmarks.broken_pictures FOLDER [--pictures 600] [--seed 0]

Most are sound pictures with something done to them (see `MUTATIONS`); the others are made by hand (see
`tests.benchmarks.picture_bombs`). A process of its own makes them, so that its memory is not counted with the measured.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.benchmarks.picture_bombs import BOMBS, SPECIAL

Random = np.random.Generator

SOUND: list[tuple[str, str, str, dict[str, Any]]] = [
    (".png", "PNG", "RGB", {}),
    (".png", "PNG", "RGBA", {}),
    (".png", "PNG", "P", {"transparency": bytes(range(0, 256, 2))}),
    (".png", "PNG", "I;16", {}),
    (".png", "PNG", "1", {}),
    (".png", "PNG", "L", {"save_all": True}),
    (".jpg", "JPEG", "RGB", {"quality": 90}),
    (".jpg", "JPEG", "RGB", {"progressive": True}),
    (".jpeg", "JPEG", "CMYK", {}),
    (".jpg", "JPEG", "L", {"exif": True}),
    (".jpg", "MPO", "RGB", {"save_all": True}),
    (".webp", "WEBP", "RGB", {}),
    (".webp", "WEBP", "RGBA", {"lossless": True}),
    (".webp", "WEBP", "RGB", {"save_all": True}),
    (".gif", "GIF", "P", {}),
    (".gif", "GIF", "P", {"save_all": True, "transparency": 3}),
    (".tif", "TIFF", "RGB", {}),
    (".tiff", "TIFF", "RGB", {"compression": "tiff_lzw", "exif": True}),
    (".tif", "TIFF", "RGBA", {"compression": "tiff_deflate"}),
    (".tif", "TIFF", "RGB", {"compression": "jpeg"}),
    (".tif", "TIFF", "1", {"compression": "group4"}),
    (".tif", "TIFF", "F", {}),
    (".tif", "TIFF", "I;16", {"compression": "packbits"}),
    (".tif", "TIFF", "LAB", {}),
    (".bmp", "BMP", "RGB", {}),
    (".bmp", "BMP", "P", {}),
    (".dib", "DIB", "RGB", {}),
    (".ppm", "PPM", "RGB", {}),
    (".pgm", "PPM", "L", {}),
    (".pbm", "PPM", "1", {}),
    (".tga", "TGA", "RGB", {"compression": "tga_rle"}),
    (".tga", "TGA", "RGBA", {}),
    (".ico", "ICO", "RGBA", {"sizes": [(64, 64), (16, 16)]}),
    (".ico", "ICO", "RGBA", {"sizes": [(48, 48)], "bitmap_format": "bmp"}),
    (".jp2", "JPEG2000", "RGB", {}),
    (".jp2", "JPEG2000", "RGBA", {"tile_size": (64, 64)}),
    (".avif", "AVIF", "RGB", {"speed": 10}),
    (".avif", "AVIF", "RGBA", {"speed": 10}),
]
"""Suffix, format, mode and options of `Image.save`; formats that this Pillow cannot write are left out."""


def drawn(mode: str, random: Random) -> Image.Image:
    """A smooth picture with some noise, 120 × 90."""
    width, height = 120, 90
    coarse = random.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    image = np.asarray(Image.fromarray(coarse).resize((width, height))).astype(int)
    noisy = (image + random.integers(-20, 21, image.shape)).clip(0, 255).astype(np.uint8)
    if mode == "I;16":
        return Image.fromarray(noisy[..., 0].astype(np.uint16) * 257)
    if mode == "LAB":
        return Image.frombytes("LAB", (width, height), noisy.tobytes())
    picture = Image.fromarray(noisy).convert(mode)
    if mode == "RGBA":
        picture.putalpha(picture.getchannel(0))
    return picture


def sound_pictures(random: Random) -> list[tuple[str, bytes]]:
    """Suffix and content of one sound picture of each kind."""
    found = []
    for suffix, kind, mode, given in SOUND:
        options = dict(given)
        if options.get("save_all"):
            options["append_images"] = [drawn(mode, random) for _ in range(2)]
        if options.pop("exif", False):
            exif = Image.Exif()
            exif[0x0112] = int(random.integers(2, 9))
            options["exif"] = exif
        stream = io.BytesIO()
        try:
            drawn(mode, random).save(stream, kind, **options)
        except (KeyError, OSError):  # not in this Pillow
            continue
        found.append((suffix, stream.getvalue()))
    return found


def flip(content: bytearray, random: Random, other: bytes) -> bytearray:
    """A few random bytes, half of them near the beginning, where the headers are."""
    for number in range(int(random.integers(1, 9))):
        end = len(content) if number % 2 else min(len(content), 300)
        content[int(random.integers(0, end))] = int(random.integers(0, 256))
    return content


def flip_many(content: bytearray, random: Random, other: bytes) -> bytearray:
    """Two bytes of a hundred."""
    for place in random.integers(0, len(content), len(content) // 50):
        content[int(place)] = int(random.integers(0, 256))
    return content


def truncate(content: bytearray, random: Random, other: bytes) -> bytearray:
    """The beginning of the file."""
    return content[: int(random.integers(1, len(content)))]


def splice(content: bytearray, random: Random, other: bytes) -> bytearray:
    """The beginning of one file and the end of another."""
    return content[: int(random.integers(8, len(content)))] + other[int(random.integers(0, len(other))) :]


def extreme(content: bytearray, random: Random, other: bytes) -> bytearray:
    """A number in the header that is as large or as small as can be."""
    for _ in range(int(random.integers(1, 4))):
        width = int(random.choice([1, 2, 4]))
        value = random.choice([b"\0", b"\1", b"\x7f", b"\xff"])
        place = int(random.integers(0, min(len(content), 400) - width))
        content[place : place + width] = bytes(value) * width
    return content


def repeat(content: bytearray, random: Random, other: bytes) -> bytearray:
    """A piece of the file several times."""
    begin = int(random.integers(0, len(content)))
    end = min(len(content), begin + int(random.integers(1, 400)))
    return content[:end] + content[begin:end] * int(random.integers(1, 50)) + content[end:]


def shift(content: bytearray, random: Random, other: bytes) -> bytearray:
    """Bytes that are missing or too many, so that no length fits any more."""
    place, length = int(random.integers(0, len(content))), int(random.integers(1, 20))
    inserted = b"" if random.random() < 0.5 else random.bytes(length)
    return content[:place] + inserted + content[place + (0 if inserted else length) :]


def blank(content: bytearray, random: Random, other: bytes) -> bytearray:
    """A stretch of zeros, as a disk leaves after a power cut."""
    begin = int(random.integers(0, len(content)))
    end = min(len(content), begin + int(random.integers(1, 2000)))
    content[begin:end] = bytes(end - begin)
    return content


MUTATIONS: list[Callable[[bytearray, Random, bytes], bytearray]] = [
    flip,
    flip_many,
    truncate,
    splice,
    extreme,
    repeat,
    shift,
    blank,
]


def make(folder: Path, pictures: int, seed: int) -> None:
    """Fill a folder with so many files: all that are made by hand, or as many of them as half of it takes."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    by_hand = [*BOMBS, *SPECIAL]
    chosen = [by_hand[int(number)] for number in random.permutation(len(by_hand))[: pictures // 2]]
    for name in chosen:
        if name in BOMBS:
            (folder / name).write_bytes(BOMBS[name]())
        else:
            SPECIAL[name](folder / name)
    sound = sound_pictures(random)
    for number in range(pictures - len(chosen)):
        suffix, content = sound[number % len(sound)]
        mutation = MUTATIONS[int(random.integers(0, len(MUTATIONS)))]
        other = sound[int(random.integers(0, len(sound)))][1]
        broken = mutation(bytearray(content), random, other)
        (folder / f"{number:05}-{mutation.__name__}{suffix}").write_bytes(broken)


def main() -> None:
    """Make the folder that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    make(given.folder, given.pictures, given.seed)


if __name__ == "__main__":
    main()
