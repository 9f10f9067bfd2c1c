from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgsearch.errors import PictureError
from imgsearch.images import open as opening
from imgsearch.images.open import content_hash, decode_picture, open_picture, read_picture

RED, BLUE = (255, 0, 0), (0, 0, 255)


def halves(mode: str = "RGB") -> Image.Image:
    """Left half red, right half blue, 40×20."""
    image = Image.new("RGB", (40, 20), RED)
    image.paste(BLUE, (20, 0, 40, 20))
    return image.convert(mode)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def near(image: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    found = np.asarray(image.getpixel(at), dtype=int)
    return bool(np.abs(found - colour).max() < 12)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_common_formats_open_as_rgb(kind: str) -> None:
    image = decode_picture(encoded(halves(), kind, **({"quality": 95} if kind in ("JPEG", "WEBP") else {})), "x")
    assert image.mode == "RGB" and image.size == (40, 20)
    assert near(image, (5, 10), RED) and near(image, (35, 10), BLUE)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "I;16", "LA", "RGBA"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    kind = "TIFF" if mode in ("CMYK", "YCbCr", "I;16") else "PNG"
    image = Image.new("I;16", (8, 8), 65535) if mode == "I;16" else Image.new("RGB", (8, 8), "white").convert(mode)
    opened = decode_picture(encoded(image, kind), "x")
    assert opened.mode == "RGB"
    assert near(opened, (4, 4), (255, 255, 255))


def test_sixteen_bit_grey_keeps_its_brightness() -> None:
    opened = decode_picture(encoded(Image.new("I;16", (8, 8), 32768), "PNG"), "x")
    assert near(opened, (4, 4), (127, 127, 127))


def test_transparency_is_white() -> None:
    assert near(decode_picture(encoded(Image.new("RGBA", (8, 8), (255, 0, 0, 0)), "PNG"), "x"), (4, 4), (255, 255, 255))


def test_the_exif_orientation_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise: what is left comes to the top
    opened = decode_picture(encoded(halves(), "JPEG", exif=exif, quality=95), "x")
    assert opened.size == (20, 40)
    assert near(opened, (10, 5), RED) and near(opened, (10, 35), BLUE)


def test_an_animation_shows_its_first_frame() -> None:
    frames = [Image.new("RGB", (8, 8), RED), Image.new("RGB", (8, 8), BLUE)]
    opened = decode_picture(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]), "x")
    assert near(opened, (4, 4), RED)


def test_a_large_jpeg_is_decoded_at_reduced_size_and_stays_large_enough() -> None:
    opened = decode_picture(encoded(halves().resize((1600, 800)), "JPEG"), "x", side=64)
    assert opened.size == (400, 200)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF"])
def test_truncated_pictures_are_broken_at_whatever_length(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8))
    content = encoded(noise, kind)
    for length in range(1, len(content) - 16, 97):
        with pytest.raises(PictureError, match=r"^photo: (broken picture|not a picture that Pillow can read)"):
            decode_picture(content[:length], "photo")


def test_flipped_bytes_never_end_in_anything_but_a_picture_or_a_picture_error() -> None:
    generator = np.random.default_rng(1)
    sound = [encoded(halves(), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "PPM")]
    outcomes = {True: 0, False: 0}
    for content in sound * 40:
        mutated = bytearray(content)
        for position in generator.integers(0, len(mutated), 4):
            mutated[position] = generator.integers(0, 256)
        try:
            outcomes[decode_picture(bytes(mutated), "x").mode == "RGB"] += 1
        except PictureError as error:
            assert "\n" not in str(error)
            outcomes[False] += 1
    assert outcomes[True] and outcomes[False]


def test_more_pixels_than_allowed_are_refused_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_PIXELS", 799)
    with pytest.raises(PictureError, match="40×20 pixels, more than 799"):
        decode_picture(encoded(halves(), "PNG"), "x")


def test_files_that_are_no_pictures_name_the_file_and_the_reason(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("hello")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    for name, reason in {
        "text.jpg": "not a picture that Pillow can read",
        "empty.jpg": "empty file",
        "folder.jpg": "a folder, not a picture",
        "pipe.jpg": "not an ordinary file",
        "missing.jpg": "no such file",
    }.items():
        with pytest.raises(PictureError) as caught:
            open_picture(tmp_path / name)
        assert caught.value.reason == reason
        assert str(caught.value) == f"{tmp_path / name}: {reason}"


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.png").open("wb") as stream:
        stream.truncate(opening.MAX_BYTES + 1)
    with pytest.raises(PictureError, match="1,073,741,825 bytes, more than 1,073,741,824"):
        read_picture(tmp_path / "huge.png")


def test_the_hash_depends_on_the_content_alone() -> None:
    assert content_hash(b"a") == content_hash(b"a") != content_hash(b"b")
    assert len(content_hash(b"")) == 16
