"""What is kept of pictures to compare them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from imgsearch.errors import PictureError
from imgsearch.images.thumbnail import pixel_digest, read_thumbnail, thumbnail

from .copies import scene


def test_a_thumbnail_knows_the_pixels_of_the_whole_picture(tmp_path: Path) -> None:
    picture = scene(1, (1200, 900))
    picture.save(tmp_path / "large.jpg", quality=95)
    read = read_thumbnail(tmp_path / "large.jpg")  # decoded at reduced size
    assert (read.pixels, read.detail) == (1_080_000, 64)
    assert abs(read.grey.astype(int) - thumbnail(picture).grey.astype(int)).mean() < 2


def test_blank_pages_are_flat_and_pages_with_a_few_lines_are_not() -> None:
    page = Image.new("RGB", (600, 800), "white")
    assert thumbnail(page).flat
    page.putpixel((300, 400), (0, 0, 0))
    assert thumbnail(page).flat
    for line in range(20):
        page.paste((0, 0, 0), (50, 100 + 30 * line, 500, 110 + 30 * line))
    assert not thumbnail(page).flat
    assert not thumbnail(scene(1)).flat


def test_digests_are_of_pixels_and_size(tmp_path: Path) -> None:
    page = Image.new("RGB", (60, 40), "white")
    for name in ("a.png", "b.bmp", "c.gif"):
        page.save(tmp_path / name)
    page.resize((40, 60)).save(tmp_path / "turned.png")
    page.putpixel((30, 20), (254, 255, 255))
    page.save(tmp_path / "dotted.png")
    one, *others = [pixel_digest(tmp_path / name) for name in ("a.png", "b.bmp", "c.gif", "turned.png", "dotted.png")]
    assert [other == one for other in others] == [True, True, False, False]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no pixels")
    for read in (read_thumbnail, pixel_digest):
        for name in ("text.jpg", "gone.jpg"):
            with pytest.raises(PictureError, match=name):
                read(tmp_path / name)


def test_colours_are_cb_then_cr_around_zero() -> None:
    red = thumbnail(Image.new("RGB", (200, 200), "red")).chroma
    assert red.shape == (2, 16, 16)
    assert red[1].min() > 100
    assert red[0].max() < 0
    assert abs(thumbnail(Image.new("RGB", (200, 200), "grey")).chroma).max() == 0
