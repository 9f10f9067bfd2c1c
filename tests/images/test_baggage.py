"""What opening takes, against what Python says that it has allocated."""

from __future__ import annotations

import threading
import time
import tracemalloc
import zlib

import pytest

from imgsearch.images.baggage import LITTLE, baggage
from imgsearch.images.formats import open_image
from imgsearch.images.memory import Budget
from imgsearch.images.open import decode_picture
from tests.benchmarks import picture_bombs as bombs


def packed_text(name: bytes) -> bytes:
    """A megabyte of text in a chunk of a thousand bytes."""
    packed = zlib.compress(bytes(1_000_000), 9)
    return bombs.png_chunk(b"zTXt", name + b"\0\0" + packed)


def wide_text(name: bytes) -> bytes:
    """The same in Unicode, with one character that makes Python take four bytes for each."""
    packed = zlib.compress("😀".encode() + bytes(1_000_000), 9)
    return bombs.png_chunk(b"iTXt", name + b"\0\1\0\0\0" + packed)


MANY_TEXTS = bombs.png(20, 20, extra=b"".join(packed_text(b"text%d" % number) for number in range(60)))
WIDE_TEXTS = bombs.png(20, 20, extra=b"".join(wide_text(b"text%d" % number) for number in range(60)))
MANY_CHUNKS = bombs.png(20, 20, extra=bombs.png_chunk(b"abCd", b"") * 140_000)
MANY_STRIPS = bombs.tiff_strips(100_000)
LARGE_ICON = bombs.icon(bombs.png(1_020, 1_020, 6))


@pytest.mark.parametrize(
    "content", [MANY_TEXTS, WIDE_TEXTS, MANY_CHUNKS, MANY_STRIPS], ids=["texts", "wide", "chunks", "strips"]
)
def test_opening_takes_no_more_than_was_said(content: bytes) -> None:
    open_image(bombs.png(1, 1)), open_image(bombs.plain(1, 1, "TIFF"))  # what Pillow does once
    tracemalloc.start()
    try:
        open_image(content)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert LITTLE < taken <= baggage(content) < 8 * taken


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "GIF", "ICO", "WEBP"])
def test_ordinary_pictures_take_nothing_worth_counting(kind: str) -> None:
    assert baggage(bombs.plain(256, 256, kind)) == 0


def test_files_that_end_too_early_are_counted_as_far_as_they_go() -> None:
    for content in (MANY_TEXTS, MANY_STRIPS, LARGE_ICON):
        assert [baggage(content[:end]) for end in range(0, 40, 7)] == [0] * 6
    assert 0 < baggage(MANY_TEXTS[: len(MANY_TEXTS) // 2]) < baggage(MANY_TEXTS)


def test_only_pictures_that_take_much_to_be_opened_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    shared, all_are_in, inside = Budget(700_000_000), threading.Barrier(4), threading.Semaphore(1)
    monkeypatch.setattr("imgsearch.images.open.budget", lambda: shared)
    went_well = []

    def opening(content: bytes, name: str) -> object:
        if content is not MANY_TEXTS:
            all_are_in.wait(20)
            return open_image(content, name)
        assert inside.acquire(blocking=False)
        time.sleep(0.01)
        inside.release()
        return open_image(content, name)

    monkeypatch.setattr("imgsearch.images.open.open_image", opening)
    for content in (MANY_TEXTS, bombs.png(20, 20)):
        work = [threading.Thread(target=lambda c=content: went_well.append(decode_picture(c, "a.png"))) for _ in "1234"]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join(20)
    assert [image.size for image in went_well] == [(20, 20)] * 8


def test_a_decoded_picture_carries_nothing_but_its_pixels() -> None:
    for content in (MANY_TEXTS, bombs.plain(30, 20, "JPEG", comment=b"a" * 60_000, icc_profile=bytes(1000))):
        assert open_image(content).info
        assert decode_picture(content, "a").info == {}
