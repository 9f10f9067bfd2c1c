from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from imgsearch.images.formats import open_image
from imgsearch.images.open import decode_picture
from imgsearch.images.pnm import is_odd, read_odd


def pnm(white: int, colours: int, width: int = 7, height: int = 5) -> bytes:
    values = np.random.default_rng(0).integers(0, white + 1, (height, width, colours))
    kind = b"P6" if colours == 3 else b"P5"
    return b"%b %d %d\n%d\n" % (kind, width, height, white) + values.astype(">u2" if white > 255 else "u1").tobytes()


@pytest.mark.parametrize("colours", [1, 3])
@pytest.mark.parametrize("white", [1, 100, 254, 256, 1023, 4095, 65534])
def test_odd_depths_look_as_pillow_shows_them(white: int, colours: int) -> None:
    content = pnm(white, colours)
    with Image.open(io.BytesIO(content)) as image:
        theirs = np.asarray(image).astype(float) / (257 if image.mode == "I" else 1)
    ours = np.asarray(read_odd(open_image(content), content)).astype(float)
    assert np.abs(ours - theirs).max() <= 1
    assert np.asarray(decode_picture(content, "a.pgm")).shape == (5, 7, 3)


def test_usual_depths_are_left_to_pillow() -> None:
    assert [is_odd(open_image(pnm(white, 1))) for white in (255, 65535, 256)] == [False, False, True]
    assert is_odd(open_image(b"P2 1 1 255 5"))


def test_brightness_beyond_white_is_white() -> None:
    content = b"P5 2 1 100\n" + bytes([100, 200])
    assert np.asarray(read_odd(open_image(content), content)).tolist() == [[255, 255]]


def test_a_picture_that_ends_early_is_refused() -> None:
    content = pnm(1023, 3)[:-1]
    with pytest.raises(ValueError, match="buffer is smaller"):
        read_odd(open_image(content), content)


def text(kind: bytes, white: int, *, width: int = 7, height: int = 5) -> bytes:
    values = np.random.default_rng(0).integers(0, white + 1, height * width * (3 if kind == b"P3" else 1))
    depth = b"" if kind == b"P1" else b"%d" % white
    return kind + b" %d %d # what a picture\n%b\n" % (width, height, depth) + b" ".join(b"%d" % one for one in values)


@pytest.mark.parametrize(("kind", "white"), [(b"P1", 1), (b"P2", 255), (b"P2", 1023), (b"P3", 255), (b"P3", 65535)])
@pytest.mark.parametrize("spoilt", [lambda text: text, lambda text: text.replace(b" ", b"\t\r\n # or not #\n ")])
def test_text_is_read_as_pillow_reads_it(
    kind: bytes, white: int, spoilt: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    header, values = text(kind, white).split(b"\n", 1)
    content = header + b"\n" + (values if kind == b"P1" else spoilt(values))
    with Image.open(io.BytesIO(content)) as image:
        theirs = np.asarray(image).astype(float) * {"1": 255, "I": 1 / 257}.get(image.mode, 1)
    for together in (13, 100, 1 << 20):
        monkeypatch.setattr("imgsearch.images.pnm.TOGETHER", together)
        ours = np.asarray(read_odd(open_image(content), content)).astype(float)
        assert np.abs(ours - theirs).max() <= 1
    assert np.asarray(decode_picture(content, "a.ppm")).shape == (5, 7, 3)


def test_noughts_and_ones_may_stand_close_together() -> None:
    content = b"P1 3 2\n010 1\n01"
    assert np.asarray(read_odd(open_image(content), content)).tolist() == [[255, 0, 255], [0, 255, 0]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"P2 2 2 255 1 2 3", "3 numbers of 4"),
        (b"P2 2 2 255", "0 numbers of 4"),
        (b"P2 2 2 255 1 2 -3 4", "text that is no number"),
        (b"P2 2 2 255 1 2 x 4", "text that is no number"),
        (b"P1 2 2 1012", "text that is neither 0 nor 1"),
        (b"P2 2 2 255 " + b"1" * 3_000_000, "a number without end"),
    ],
)
def test_text_that_is_no_picture_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_odd(open_image(content), content)
