from __future__ import annotations

import io
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from imgsearch.errors import PictureError
from imgsearch.images import open as opening
from imgsearch.images.memory import Budget
from imgsearch.images.open import decode_picture, open_picture
from imgsearch.images.preprocess import to_square
from tests.benchmarks import picture_bombs as bombs

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
    assert opened.size == (200, 100)


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


@pytest.mark.parametrize("mode", ["RGB", "CMYK", "L"])
def test_colours_of_jpegs_survive_adobes_inverted_inks(mode: str) -> None:
    colour = (200, 60, 30)
    image = Image.new("RGB", (32, 32), colour).convert(mode)
    opened = decode_picture(encoded(image, "JPEG", quality=95), "x")
    assert near(opened, (16, 16), colour if mode != "L" else (98, 98, 98))  # 0.299 r + 0.587 g + 0.114 b


def test_inks_in_luminance_and_colour_are_inks_all_the_same() -> None:
    content = encoded(Image.new("CMYK", (32, 32), (255, 255, 0, 0)), "JPEG", quality=95)  # blue
    adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0"
    marked = content.index(adobe) + len(adobe)
    transformed = content[:marked] + b"\2" + content[marked + 1 :]  # the same numbers, to be read as YCCK
    assert not near(decode_picture(transformed, "x"), (16, 16), BLUE)
    assert near(decode_picture(content, "x"), (16, 16), BLUE)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_animations_of_other_formats_show_their_first_frame_too(kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    assert near(decode_picture(content, "x"), (4, 4), RED)


def test_sixteen_bits_a_colour_are_eight_in_the_end() -> None:
    row = b"\0" + np.array([[65535, 32768, 0]] * 4, dtype=">u2").tobytes()
    content = bombs.png(4, 4, depth=16, data=zlib.compress(row * 4))
    assert near(decode_picture(content, "x"), (2, 2), (255, 128, 0))


@pytest.mark.parametrize("size", [(50_000, 1), (1, 50_000)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])
def test_a_line_is_a_picture(kind: str, size: tuple[int, int]) -> None:
    assert decode_picture(encoded(Image.new("RGB", size, RED), kind), "x", side=64).size == size


@pytest.mark.parametrize("exif", [b"", b"II*\0", b"Exif\0\0" + bytes(50), b"Exif\0\0MM\0*" + b"\xff" * 90])
def test_a_picture_with_damaged_metadata_is_still_a_picture(exif: bytes) -> None:
    content = encoded(halves(), "JPEG", quality=95, exif=exif, icc_profile=b"no profile" * 20)
    assert near(decode_picture(content, "x"), (5, 10), RED)


def test_a_large_picture_is_reduced_and_looks_the_same() -> None:
    image = halves().resize((2_500, 1_700), Image.Resampling.NEAREST)
    opened = decode_picture(encoded(image, "PNG"), "x", side=64)
    assert opened.size == (417, 425)  # six times 64, at least
    assert np.abs(to_square(opened, 64).astype(int) - to_square(image, 64)).max() <= 16
    assert decode_picture(encoded(image, "PNG"), "x").size == (2_500, 1_700)


def test_more_pixels_than_allowed_are_refused_and_the_option_is_named() -> None:
    content = encoded(halves(), "PNG")
    with pytest.raises(PictureError) as caught:
        decode_picture(content, "x", max_pixels=799)
    assert caught.value.reason == "40×20 pixels, more than 799; `index --max-pixels` allows more"
    assert decode_picture(content, "x", max_pixels=800).size == (40, 20)


def test_the_default_limit_is_what_there_is_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(Image.new("RGB", (1_000, 1_000)), "PNG")
    monkeypatch.setattr(opening, "budget", lambda: Budget(1_000_000))
    with pytest.raises(PictureError, match="1000×1000 pixels, more than"):
        decode_picture(content, "x", side=64)
    assert decode_picture(content, "x", side=64, max_pixels=10**6).size == (1_000, 1_000)  # who asks for it gets it


def test_who_allows_more_pixels_than_pillow_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 300)
    content = encoded(halves(), "PNG")
    with pytest.raises(PictureError) as caught:
        decode_picture(content, "x")
    assert caught.value.reason == "more than 600 pixels; `index --max-pixels` allows more"
    assert decode_picture(content, "x", max_pixels=1_000).size == (40, 20)


def test_files_that_are_no_pictures_name_the_file_and_the_reason(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("hello")
    (tmp_path / "page.png").write_text("<!DOCTYPE html><html></html>")
    (tmp_path / "drawing.jpg").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
    (tmp_path / "empty.jpg").touch()
    for name, reason in {
        "text.jpg": "not a picture that Pillow can read",
        "page.png": "not a picture that Pillow can read",
        "drawing.jpg": "not a picture that Pillow can read",
        "empty.jpg": "empty file",
        "missing.jpg": "no such file",
    }.items():
        with pytest.raises(PictureError) as caught:
            open_picture(tmp_path / name)
        assert caught.value.reason == reason
        assert str(caught.value) == f"{tmp_path / name}: {reason}"


@pytest.mark.parametrize(
    "error", [AssertionError(), RecursionError("deep"), MemoryError(), UnboundLocalError("x"), zlib.error("bad\nline")]
)
def test_whatever_a_decoder_raises_is_the_files_fault(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(self: ImageFile.ImageFile) -> None:
        raise error

    content = encoded(halves(), "PNG")
    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    with pytest.raises(PictureError, match=r"^x: (broken picture \(.+\)|too large for the memory)$"):
        decode_picture(content, "x")


def test_ctrl_c_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: ImageFile.ImageFile) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ImageFile.ImageFile, "load", interrupt)
    with pytest.raises(KeyboardInterrupt):
        decode_picture(encoded(halves(), "PNG"), "x")


def test_an_error_that_is_kept_keeps_no_picture() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8))
    with pytest.raises(PictureError) as caught:
        decode_picture(encoded(noise, "PNG")[:9_000], "x")
    assert caught.value.__context__ is None and caught.value.__cause__ is None
    frame = caught.value.__traceback__
    while frame is not None:
        assert not any(
            isinstance(value, Image.Image) for value in frame.tb_frame.f_locals.values() if value is not noise
        )
        frame = frame.tb_next


def test_pictures_that_fill_the_memory_are_decoded_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(Image.new("RGB", (500, 500)), "PNG")
    shared, inside, most = Budget(8_000_000), 0, 0
    monkeypatch.setattr(opening, "budget", lambda: shared)
    genuine, lock = ImageFile.ImageFile.load, threading.Lock()

    def load(self: ImageFile.ImageFile) -> object:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.01)
        with lock:
            inside -= 1
        return genuine(self)

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(lambda _: decode_picture(content, "x", max_pixels=10**6), range(16)))) == 16
    assert most == 1
