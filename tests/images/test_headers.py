from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image, features

from imgsearch.images.headers import (
    BEYOND,
    MARKS,
    Codestream,
    codestream,
    icon_pixels,
    tiff_chunk,
    tiff_entries,
    tiff_numbers,
)
from tests.benchmarks import picture_bombs as bombs


@pytest.mark.parametrize("big", [False, True], ids=["TIFF", "BigTIFF"])
def test_the_entries_of_a_tiff_are_those_that_pillow_finds(big: bool) -> None:
    content = bombs.plain(70, 50, "TIFF", compression="tiff_lzw", big_tiff=big)
    found = {entry.tag: entry for entry in tiff_entries(content)}
    assert (found[256].value, found[257].value) == (70, 50)
    assert found[258].numbers == 3 and found[259].value == 5  # bits of three colours; LZW
    assert tiff_chunk(content, (70, 50)) == 70 * 50


def test_a_tiff_of_the_other_byte_order_says_the_same() -> None:
    head = b"MM\0*" + struct.pack(">IH", 8, 3)
    entries = [struct.pack(">HHIHxx", tag, 3, 1, value) for tag, value in ((256, 70), (322, 32), (323, 16))]
    content = head + b"".join(entries) + bytes(4)
    assert [entry.value for entry in tiff_entries(content)] == [70, 32, 16]
    assert tiff_chunk(content, (70, 50)) == 32 * 16


def test_of_doubled_tags_the_larger_counts() -> None:
    assert tiff_chunk(bombs.tiff_tile(3_000, doubled=True), (100, 100)) == 3_000**2
    assert tiff_chunk(bombs.tiff_tile(3_000), (100, 100)) == 3_000**2


def test_strips_are_counted_and_what_does_not_fit_into_the_file_is_not() -> None:
    assert tiff_numbers(bombs.tiff_strips(5_000)) >= 10_000
    assert tiff_numbers(bombs.plain(300, 5_000, "TIFF")) < 1_000
    assert tiff_numbers(bombs.tiff([(273, 4, 2**32 - 1, 0)], b"")) == 0
    shared = bombs.tiff([(tag, 7, 900, 8) for tag in range(60_000, 60_100)], bytes(1_000))
    assert tiff_numbers(shared) == 90_000  # a hundred entries with the same bytes


@pytest.mark.parametrize("content", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff\1", b"MM\0+"])
def test_a_tiff_that_ends_early_has_no_entries(content: bytes) -> None:
    assert list(tiff_entries(content)) == []
    assert tiff_chunk(content, (3, 4)) == 12 and tiff_numbers(content) == 0


@pytest.mark.skipif(not features.check("jpg_2000"), reason="this Pillow has no JPEG 2000")
def test_a_codestream_tells_its_pixels_and_tiles_whatever_it_is_wrapped_in() -> None:
    wrapped = bombs.plain(300, 200, "JPEG2000", tile_size=(128, 128))
    assert codestream(wrapped) == Codestream(300 * 200, 3 * 2)
    assert codestream(wrapped + bombs.codestream(65_535, 1, 1)) == Codestream(65_535, 65_535)
    assert codestream(b"\xff\x4f\xff\x51" * (MARKS + 1)) == Codestream(BEYOND, BEYOND)
    assert codestream(b"\xff\x4f\xff\x51") == codestream(b"") == Codestream(0, 0)


def test_an_icon_is_as_large_as_its_largest_picture_and_not_as_it_says() -> None:
    assert icon_pixels(bombs.saved(Image.new("RGBA", (64, 64)), "ICO", sizes=[(64, 64), (16, 16)])) == 64 * 64
    bitmap = bombs.saved(Image.new("RGBA", (48, 48)), "ICO", sizes=[(48, 48)], bitmap_format="bmp")
    assert icon_pixels(bitmap) == 48 * 48
    assert icon_pixels(bombs.icon(bombs.png(3_000, 2_000))) == 6_000_000
    two_headers = bombs.png(
        16, 16, extra=bombs.png_chunk(b"IHDR", struct.pack(">IIBBBBB", 3_000, 2_000, 8, 2, 0, 0, 0))
    )
    assert icon_pixels(bombs.icon(two_headers)) == 6_000_000
    assert icon_pixels(b"IHDR" * (MARKS + 1)) == BEYOND


def test_noise_is_no_error() -> None:
    random = np.random.default_rng(0)
    for length in range(200):
        noise = random.bytes(length)
        for start in (b"II*\0", b"MM\0*", b"II+\0", b"\0\0\1\0", b"\xff\x4f\xff\x51"):
            tiff_chunk(start + noise, (10, 10))
            tiff_numbers(start + noise)
            codestream(start + noise)
            icon_pixels(start + noise)
