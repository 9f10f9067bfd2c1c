from __future__ import annotations

import io

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
    assert not is_odd(open_image(b"P2 1 1 1023 5"))


def test_brightness_beyond_white_is_white() -> None:
    content = b"P5 2 1 100\n" + bytes([100, 200])
    assert np.asarray(read_odd(open_image(content), content)).tolist() == [[255, 255]]


def test_a_picture_that_ends_early_is_refused() -> None:
    content = pnm(1023, 3)[:-1]
    with pytest.raises(ValueError, match="buffer is smaller"):
        read_odd(open_image(content), content)
