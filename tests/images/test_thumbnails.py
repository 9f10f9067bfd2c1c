from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgsearch.errors import PictureError
from imgsearch.images.crop import Crop
from imgsearch.images.source import Source
from imgsearch.images.thumbnails import Encoded, each, encoded, thumbnail

from ..conftest import draw


def test_a_thumbnail_is_the_whole_picture_as_it_is_to_be_seen(tmp_path: Path) -> None:
    picture = Image.new("RGB", (800, 400), "red")
    picture.paste("blue", (400, 0, 800, 400))
    picture.save(
        tmp_path / "lying.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    )
    upright = thumbnail(tmp_path / "lying.jpg", (100, 100))  # orientation 6: a quarter turn clockwise
    assert (upright.size, upright.mode) == ((50, 100), "RGB")
    assert upright.getpixel((25, 5)) == (254, 0, 0)
    assert upright.getpixel((25, 95)) == (0, 0, 254)


def test_thumbnails_are_never_larger_than_the_picture_nor_without_a_pixel(tmp_path: Path) -> None:
    assert thumbnail(draw(tmp_path / "small.png", 1, (20, 10)), (100, 100)).size == (20, 10)
    assert thumbnail(draw(tmp_path / "strip.png", 1, (5000, 3)), (100, 100)).size == (100, 1)


def test_an_encoded_picture_is_a_webp_of_the_size_it_says(tmp_path: Path) -> None:
    picture = encoded(draw(tmp_path / "picture.png", 1, (400, 300)), 200)
    with Image.open(io.BytesIO(picture.content)) as image:
        assert (image.format, image.size) == ("WEBP", (200, 150))
    assert (picture.width, picture.height) == (200, 150)


def test_pictures_come_in_order_with_the_reason_where_there_is_none(tmp_path: Path) -> None:
    paths = [draw(tmp_path / f"{number}.png", number, (10 + number, 10)) for number in range(40)]
    paths[3:3] = [tmp_path / "missing.png"]
    unread: dict[str, PictureError] = {}
    found = list(each(lambda path: encoded(path, 100), paths, unread))
    assert [picture.width for picture in found if isinstance(picture, Encoded)] == list(range(10, 50))
    assert isinstance(found[3], PictureError)
    assert {path: error.reason for path, error in unread.items()} == {str(paths[3]): "no such file"}


def test_pictures_that_are_asked_for_together_are_shown_side_by_side_and_parts_as_parts(tmp_path: Path) -> None:
    for colour in ("red", "lime", "blue"):
        Image.new("RGB", (60, 60), colour).save(tmp_path / f"{colour}.png")
    sources = [Source(str(tmp_path / f"{name}.png")) for name in ("red", "missing", "lime", "blue")]
    grid = thumbnail(tuple(sources), (120, 120))
    assert grid.size == (120, 120)
    places = [grid.getpixel(place) for place in ((30, 30), (90, 30), (30, 90), (90, 90))]
    assert places == [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    part = thumbnail((Source(str(tmp_path / "red.png"), Crop.parse("0,0,50%,10")),), (120, 120))
    assert (part.size, part.getpixel((0, 0))) == ((30, 10), (255, 0, 0))
    with pytest.raises(PictureError, match="no such file"):
        thumbnail((sources[1],), (120, 120))


def test_an_encoded_picture_shrinks_until_it_takes_no_more_bytes_than_it_may(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    large, small = (encoded(tmp_path / "noise.png", 200, most) for most in (None, 3_000))
    assert len(large.content) > 3_000 >= len(small.content)
    assert large.width == 200 and 16 < small.width < 200
    assert small.width / small.height == pytest.approx(4 / 3, rel=0.05)
