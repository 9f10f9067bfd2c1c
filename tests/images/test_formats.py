from __future__ import annotations

import subprocess
import sys
import types

import pytest
from PIL import Image, features

from imgsearch.images.find import SUFFIXES
from imgsearch.images.formats import UnreadableFormatError, open_image
from imgsearch.images.headers import tiff_entries
from tests.benchmarks import picture_bombs as bombs

WRITTEN = {
    "JPEG": "JPEG",
    "PNG": "PNG",
    "GIF": "GIF",
    "BMP": "BMP",
    "DIB": "DIB",
    "PPM": "PPM",
    "WEBP": "WEBP",
    "TIFF": "TIFF",
    "ICO": "ICO",
    "TGA": "TGA",
    "JPEG2000": "JPEG2000",
    "AVIF": "AVIF",
}


def can_write(kind: str) -> bool:
    needs = {"AVIF": "avif", "JPEG2000": "jpg_2000", "WEBP": "webp"}
    return kind not in needs or (needs[kind] in features.get_supported() if kind != "AVIF" else "AVIF" in Image.SAVE)


@pytest.mark.parametrize("kind", WRITTEN)
def test_every_format_that_the_suffixes_promise_is_opened(kind: str) -> None:
    Image.init()
    if not can_write(kind):
        pytest.skip(f"this Pillow cannot write {kind}")
    image = open_image(bombs.plain(40, 20, kind), "a.tga")
    assert image.format == WRITTEN[kind]
    image.load()


def test_no_suffix_is_promised_in_vain() -> None:
    Image.init()
    known = {suffix for suffix, kind in Image.EXTENSION.items() if kind in {*WRITTEN, "MPO"}}
    assert set(SUFFIXES) - known <= {".heic", ".heif", ".avif"}


@pytest.mark.parametrize("kind", ["EPS", "PDF", "PCX", "SGI", "IM", "ICNS", "DDS", "SPIDER", "MSP", "XBM"])
def test_other_formats_are_not_read_though_pillow_could(kind: str) -> None:
    mode = {"XBM": "1", "MSP": "1", "SPIDER": "F"}.get(kind, "RGB")
    content = bombs.saved(Image.new(mode, (32, 32)), kind)
    with pytest.raises(UnreadableFormatError, match="not a picture"):
        open_image(content, "a.jpg")


def test_anything_might_be_tga_so_its_name_has_to_say_so() -> None:
    content = bombs.plain(40, 20, "TGA")
    assert open_image(content, "A.TGA").size == (40, 20)
    with pytest.raises(UnreadableFormatError):
        open_image(content, "a.jpg")


def plugins_after(content: bytes) -> set[str]:
    """The plug-ins of Pillow that are loaded in a fresh process once it has tried to open a file."""
    script = (
        "import sys\nfrom imgsearch.images.formats import open_image\n"
        "try:\n    open_image(sys.stdin.buffer.read())\nexcept Exception:\n    pass\n"
        "print(*(name for name in sys.modules if name.endswith('ImagePlugin') or name == 'pillow_heif'))"
    )
    run = subprocess.run([sys.executable, "-c", script], input=content, capture_output=True, check=True)
    return {name.removeprefix("PIL.").removesuffix("ImagePlugin") for name in run.stdout.decode().split()}


def test_plug_ins_are_loaded_when_they_are_needed_and_ghostscripts_never() -> None:
    frequent = plugins_after(bombs.plain(8, 8, "JPEG"))
    assert not {"Tiff", "WebP", "Jpeg2K", "Ico", "Tga", "Eps", "pillow_heif"} & frequent
    rest = plugins_after(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")
    assert {"Tiff", "WebP"} <= rest
    assert not {"Eps", "Psd", "Fits", "Wmf", "Pcx", "pillow_heif"} & rest


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(50)


def test_a_heic_picture_without_its_plug_in_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UnreadableFormatError, match="pip install pillow-heif"):
        open_image(HEIC)


def test_a_heic_picture_is_given_to_its_plug_in(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def register() -> None:
        from PIL import BmpImagePlugin

        def read(stream: object, name: object) -> BmpImagePlugin.BmpImageFile:
            opened.append(name)
            raise SyntaxError("damaged")

        Image.register_open("HEIF", read, lambda prefix: prefix[4:12] == b"ftypheic")

    plugin = types.ModuleType("pillow_heif")
    monkeypatch.setattr(plugin, "register_heif_opener", register, raising=False)
    monkeypatch.setitem(sys.modules, "pillow_heif", plugin)
    try:
        with pytest.raises(UnreadableFormatError, match="not a picture"):
            open_image(HEIC)
    finally:
        Image.OPEN.pop("HEIF", None)
        Image.ID[:] = [kind for kind in Image.ID if kind != "HEIF"]
    assert opened


def test_with_the_plug_in_a_heic_picture_opens() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    image = open_image(bombs.plain(64, 48, "HEIF"))
    image.load()
    assert (image.format, image.size) == ("HEIF", (64, 48))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bombs.icon(bombs.png(3_000, 3_000)), "an icon of 9,000,000 pixels, more than 1,048,576"),
        (bombs.tiff_strips(200_000), "a TIFF in 400,006 pieces, which would take too long"),
        (
            bombs.png(1, 1, extra=bombs.png_chunk(b"abCd", b"") * 200_000),
            "a PNG in 150,000 pieces or more, which would",
        ),
        (bombs.codestream(65_535, 1, 1), "a JPEG 2000 picture in 65,535 tiles, more than 20,000"),
    ],
)
def test_traps_are_seen_before_pillow_steps_into_them(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFormatError) as caught:
        open_image(content)
    assert str(caught.value).startswith(reason)


def test_a_file_that_is_read_in_millions_of_pieces_is_given_up() -> None:
    junk = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\1" * 3_000_000
    with pytest.raises(OSError, match="in too many small pieces"):
        open_image(junk)


def test_libtiff_says_nothing_on_stderr_about_damaged_pictures() -> None:
    script = (
        "import sys\nfrom imgsearch.errors import PictureError\nfrom imgsearch.images.open import decode_picture\n"
        "try:\n    decode_picture(sys.stdin.buffer.read(), 'a.tif')\nexcept PictureError:\n    pass"
    )
    content = bombs.plain(300, 300, "TIFF", "1", compression="group4")
    strip = next(entry.value for entry in tiff_entries(content) if entry.tag == 273)
    damaged = content[:strip] + b"\x01\x55" * 10 + content[strip + 20 :]
    run = subprocess.run([sys.executable, "-c", script], input=damaged, capture_output=True, check=True)
    assert run.stderr == b""
    loud = script.replace("try:", "import imgsearch.images.formats as formats\nformats._hush_libtiff = int\ntry:")
    assert subprocess.run([sys.executable, "-c", loud], input=damaged, capture_output=True, check=True).stderr
