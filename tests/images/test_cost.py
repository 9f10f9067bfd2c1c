from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imgsearch.images.cost import MOST_PIXELS, SLOW_PIXELS, TEXT_PIXELS, bytes_needed, is_slow, refusal, scans
from imgsearch.images.formats import open_image
from tests.benchmarks import picture_bombs as bombs

SIDE = 2_400

PEAK = """
import sys
from PIL import Image
from imgsearch.images.open import decode_picture
Image.init()
def status(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name)) * 1024
content = sys.stdin.buffer.read()
open("/proc/self/clear_refs", "w").write("5")
before = status("VmRSS")
decode_picture(content, "a.tga", side=96)
print(status("VmHWM") - before)
"""
"""Decodes one picture in a process of its own and prints by how many bytes its memory grew at the peak."""


def smooth(mode: str) -> Image.Image:
    coarse = np.random.default_rng(0).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    if mode == "RGBA":
        image.putalpha(image.getchannel(0))
    return image.convert(mode)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells the peak from a moment on")
@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("PNG", "RGBA", {}),
        ("PNG", "I;16", {}),
        ("GIF", "P", {}),
        ("JPEG", "RGB", {}),
        ("JPEG", "RGB", {"progressive": True, "subsampling": 0}),
        ("JPEG", "CMYK", {"progressive": True}),
        ("WEBP", "RGB", {"method": 0}),
        ("WEBP", "RGBA", {"method": 0, "lossless": True, "quality": 0}),
        ("TIFF", "RGB", {"compression": "tiff_lzw"}),
        ("TIFF", "RGBA", {"exif": True}),
        ("TIFF", "F", {}),
        ("JPEG2000", "RGB", {}),
        ("AVIF", "RGBA", {"speed": 10}),
        ("text", "RGB", {}),
    ],
    ids=str,
)
def test_no_picture_takes_more_memory_than_foreseen(kind: str, mode: str, options: dict[str, Any]) -> None:
    Image.init()
    if kind not in {*Image.SAVE, "text"}:
        pytest.skip(f"this Pillow cannot write {kind}")
    exif = Image.Exif()
    exif[0x0112] = 6
    if kind == "text":
        content = f"P3 {SIDE} {SIDE} 255 # text\n".encode() + b" ".join(
            b"%d" % value for value in smooth(mode).tobytes()
        )
    else:
        content = bombs.saved(smooth(mode), kind, **{**options, **({"exif": exif} if "exif" in options else {})})
    image = open_image(content)
    full = image.size
    image.draft("RGB", (192, 192))
    foreseen = bytes_needed(image, content, full, 96)
    command = [sys.executable, "-c", PEAK]
    grown = int(subprocess.run(command, input=content, capture_output=True, check=True).stdout)
    assert grown < foreseen + 4_000_000  # plug-ins and libraries that are loaded
    assert grown > foreseen / 4  # nor is it out of all proportion


def opened(content: bytes) -> tuple[Any, bytes, tuple[int, int]]:
    image = open_image(content)
    return image, content, image.size


def test_a_jpeg_in_one_scan_needs_little_and_one_in_many_needs_all_its_coefficients() -> None:
    needed = {}
    for name in ("baseline", "progressive"):
        image, content, full = opened(bombs.plain(2_000, 1_000, "JPEG", progressive=name == "progressive"))
        image.draft("RGB", (100, 100))
        needed[name] = bytes_needed(image, content, full, 50)
    assert needed["progressive"] - needed["baseline"] == 2 * 3 * 2_000_000


def test_a_jpeg_whose_scan_has_one_of_three_colours_needs_all_coefficients() -> None:
    content = bytearray(bombs.plain(2_000, 1_000, "JPEG"))
    scan = content.index(b"\xff\xda")
    content[scan + 4] = 1
    sound = bombs.plain(2_000, 1_000, "JPEG")
    more = bytes_needed(*opened(bytes(content)), None) - bytes_needed(*opened(sound), None)
    assert more == 2 * 3 * 2_000_000


def test_the_thumbnail_of_a_camera_is_no_scan() -> None:
    content = bombs.plain(64, 64, "JPEG", exif=b"Exif\0\0" + bombs.plain(16, 16, "JPEG"))
    assert content.count(b"\xff\xda") == 2
    assert scans(*opened(content)[:2]) == 1
    assert scans(*opened(bombs.plain(64, 64, "JPEG", progressive=True))[:2]) > 1
    assert scans(*opened(bombs.plain(64, 64, "PNG"))[:2]) == 1


def refused(content: bytes, size: tuple[int, int], **given: Any) -> str | None:
    image = open_image(content)
    return refusal(image, content, size, **{"needed": 1, "memory": 10**12, "max_pixels": None, **given})


@pytest.mark.parametrize("max_pixels", [None, 10**6])
def test_scans_without_end_are_refused_whatever_is_allowed(max_pixels: int | None) -> None:
    reason = refused(bombs.jpeg_in_scans(1_000, 5_000), (1_000, 1_000), max_pixels=max_pixels)
    assert reason == "a JPEG in 5,010 scans, which would take too long"


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (lambda: b"P3 2 2 255\n" + b"1 " * 12, TEXT_PIXELS),
        (lambda: b"P1 2 2\n1010", TEXT_PIXELS),
        (lambda: b"P6 2 2 1023\n" + bytes(24), MOST_PIXELS),
        (lambda: b"P6 2 2 255\n" + bytes(12), MOST_PIXELS),
        (lambda: b"P5 2 2 65535\n" + bytes(8), MOST_PIXELS),
        (lambda: bombs.bmp(4, 4, depth=8, packed=1), SLOW_PIXELS),
        (lambda: bombs.bmp(4, 4), MOST_PIXELS),
        (lambda: bombs.png(4, 4), MOST_PIXELS),
    ],
)
def test_what_takes_longer_to_decode_may_have_fewer_pixels(make: Callable[[], bytes], most: int) -> None:
    content = make()
    assert is_slow(open_image(content)) is (most == SLOW_PIXELS)
    reason = f"{most + 1}×1 pixels, more than {most:,}; `index --max-pixels` allows more"
    assert refused(content, (most, 1), needed=most) is None
    assert refused(content, (most + 1, 1), needed=most) == reason
    assert refused(content, (most + 1, 1), max_pixels=most + 1) is None


def test_the_limit_follows_from_the_memory_and_is_named() -> None:
    content, size = bombs.png(100, 100), (100, 100)
    assert refused(content, size, needed=40_000, memory=40_000) is None
    reason = "100×100 pixels, more than 9,999; `index --max-pixels` allows more"
    assert refused(content, size, needed=40_000, memory=39_999) == reason
    assert refused(content, size, needed=40_000, memory=-1) == reason.replace("9,999", "0")
    assert refused(content, size, needed=40_000, memory=-1, max_pixels=10_000) is None
    assert refused(content, size, max_pixels=9_999) == reason
    assert f"more than {MOST_PIXELS:,};" in str(refused(content, (MOST_PIXELS + 1, 1)))
