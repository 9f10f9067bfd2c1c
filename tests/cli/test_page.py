"""The page of `imgsearch query --html` in real Chromium."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from ..conftest import draw, imgsearch
from .chromium import Page, require_chromium
from .helpers import succeeded

SETTLED = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"  # events of a dialog come late
FOCUSED = "document.activeElement.querySelector('img')?.alt ?? ''"
OPEN = "document.querySelector('dialog').open"
NAMES = [
    b"a b.png",
    b"line\nbreak.png",
    b'"quoted" & <b>bold {0}.png',
    "\N{CAT FACE}שלום.png".encode(),
    b"caf\xe9.png",
    b"long" * 50 + b".png",
]


@pytest.fixture(scope="module")
def folder(pictures_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages of the same pictures: one.html with a query and ten matches, two.html with two of each."""
    require_chromium()
    pages = tmp_path_factory.mktemp("pages")
    first, second = "photos/warm/0.png", "photos/warm/1.png"
    succeeded(imgsearch("query", first, "--html", pages / "one.html", folder=pictures_index))
    succeeded(imgsearch("query", first, second, "-k", "12", "--html", pages / "two.html", folder=pictures_index))
    return pages


def colours(png: bytes) -> int:
    with Image.open(io.BytesIO(png)) as image:
        return len(image.convert("RGB").resize((160, 120)).getcolors(160 * 120) or [])


def test_every_picture_is_seen_and_nothing_is_fetched(folder: Path) -> None:
    for name, pictures in {"one.html": 11, "two.html": 24}.items():
        with Page(folder / name) as page:
            sizes = page.evaluate(
                "[...document.querySelectorAll('a.picture img')].map(i => [i.naturalWidth, i.naturalHeight])"
            )
            assert sizes == [[80, 60]] * pictures
            assert page.requests() == [(folder / name).as_uri()]
            assert page.complaints() == []
            page.evaluate("fetch('https://example.org/').catch(() => 0)")  # a page is never able to, either
            assert any("Content Security Policy" in complaint for complaint in page.complaints())


def test_keys_move_through_the_pictures_open_one_and_come_back(folder: Path) -> None:
    with Page(folder / "one.html", width=1280) as page:
        alts = page.evaluate("[...document.querySelectorAll('a.picture img')].map(i => i.alt)")
        assert alts[0] == "query photos/warm/0.png"
        page.press("ArrowRight")
        assert page.evaluate(FOCUSED) == alts[0]
        page.press("ArrowRight")
        assert page.evaluate(FOCUSED) == alts[1]
        columns = page.evaluate(
            "getComputedStyle(document.querySelector('.matches')).gridTemplateColumns.split(' ').length"
        )
        assert columns >= 3
        page.press("ArrowDown")
        assert page.evaluate(FOCUSED) == alts[1 + columns]
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.press("ArrowUp")
        page.press("ArrowLeft")
        page.press("ArrowLeft")
        assert page.evaluate(FOCUSED) == alts[0]
        for _ in range(15):
            page.press("ArrowRight")
        assert page.evaluate(FOCUSED) == alts[10]
        page.press("Enter")
        assert page.evaluate(OPEN) is True
        assert page.evaluate("document.querySelector('dialog img').alt") == alts[10]
        page.press("ArrowLeft")
        assert page.evaluate("document.querySelector('dialog img').alt") == alts[9]
        page.press("Escape")
        assert page.evaluate(OPEN) is False
        page.evaluate(SETTLED)
        assert page.evaluate(FOCUSED) == alts[9]
        assert page.requests() == [(folder / "one.html").as_uri()]
        assert page.complaints() == []


def test_a_click_opens_the_larger_view_and_its_buttons_work(folder: Path, pictures_index: Path) -> None:
    with Page(folder / "one.html") as page:
        page.move("li a.picture")
        shown = page.evaluate("getComputedStyle(document.querySelector('li .path')).display")
        path = page.evaluate("document.querySelector('li .path').textContent")
        assert (shown, path.split("/")[0]) == ("block", "photos")
        page.move("li a.picture", click=True)
        assert page.evaluate(OPEN) is True
        assert page.evaluate("document.querySelector('dialog p .file').textContent") == path
        files = page.evaluate("[...document.querySelectorAll('dialog .file')].map(a => a.href)")
        assert files == [(pictures_index / path).as_uri()] * 2  # the picture leads to the file itself, as does its name
        page.move("dialog .step:last-of-type", click=True)
        alts = page.evaluate("[...document.querySelectorAll('a.picture img')].map(i => i.alt)")
        assert page.evaluate("document.querySelector('dialog img').alt") == alts[2]
        page.move("dialog .close", click=True)
        assert page.evaluate(OPEN) is False


def test_a_click_on_the_larger_view_opens_the_file_in_full_size(folder: Path, pictures_index: Path) -> None:
    with Page(folder / "one.html") as page:
        path = page.evaluate("document.querySelector('li .path').textContent")
        page.move("li a.picture", click=True)
        page.events.clear()
        page.move("dialog img", click=True)
        assert page.wait_for("Page.frameNavigated")["frame"]["url"] == (pictures_index / path).as_uri()


def test_bytes_from_standard_input_lead_to_no_file(pictures_index: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "imgsearch", "query", "-", "-k", "1", "--html", str(tmp_path / "page.html")]
    with (pictures_index / "photos/warm/0.png").open("rb") as content:
        subprocess.run(command, cwd=pictures_index, stdin=content, capture_output=True, check=True)
    with Page(tmp_path / "page.html") as page:
        page.press("ArrowRight")
        page.press("Enter")
        assert page.evaluate("document.querySelector('dialog img').naturalWidth") == 80
        hrefs = "[...document.querySelectorAll('dialog .file')].map(a => a.hasAttribute('href'))"
        assert page.evaluate(hrefs) == [False, False]
        page.press("ArrowRight")
        assert page.evaluate(hrefs) == [True, True]


LUMINANCE = """(() => {
  const luminance = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255);
    const [r, g, b] = parts.map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = luminance(getComputedStyle(document.body).backgroundColor);
  const inks = ["h1", "h2", "figcaption b", ".rank", ".name", ".help", "summary", "nav a"];
  return [paper, inks.map((ink) => {
    const other = luminance(getComputedStyle(document.querySelector(ink)).color);
    return (Math.max(paper, other) + 0.05) / (Math.min(paper, other) + 0.05);
  })];
})()"""


@pytest.mark.parametrize("dark", [False, True])
def test_it_is_light_or_dark_as_the_system_is_and_all_text_has_contrast(folder: Path, dark: bool) -> None:
    with Page(folder / "two.html", dark=dark) as page:
        paper, contrasts = page.evaluate(LUMINANCE)
        assert (paper < 0.05) if dark else (paper > 0.9)
        assert min(contrasts) >= 4.5  # what WCAG asks for
        assert colours(page.screenshot()) > 100


@pytest.mark.parametrize("width", [320, 390, 768, 2560])
def test_it_fits_every_screen(folder: Path, width: int) -> None:
    with Page(folder / "two.html", width=width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.press("ArrowRight")
        page.press("Enter")
        box = page.evaluate(
            "(() => { const b = document.querySelector('dialog').getBoundingClientRect(); "
            "return [b.left, b.top, b.right, b.bottom]; })()"
        )
        assert box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= 900


def test_a_screen_reader_finds_landmarks_headings_and_names(folder: Path) -> None:
    with Page(folder / "two.html") as page:
        page.call("Accessibility.enable")
        nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        told = [(node["role"]["value"], node.get("name", {}).get("value")) for node in nodes if not node["ignored"]]
        roles = [role for role, _ in told]
        assert {"banner", "navigation", "main", "region", "list", "heading"} <= set(roles)
        assert roles.count("region") == 2
        links = [name for role, name in told if role == "link" and name and "photos/" in name]
        assert links[0].startswith("query photos/warm/0.png")
        assert all("similarity 0." in name or name.startswith("query ") for name in links)
        assert ("region", "photos/warm/1.png") in told
        assert page.evaluate("document.documentElement.lang") == "en"


def test_printed_it_is_whole_and_on_white(folder: Path) -> None:
    with Page(folder / "two.html", dark=True) as page:
        assert page.pdf().startswith(b"%PDF")
        page.press("ArrowRight")  # on a screen, the path of this one lies over the picture
        path = "getComputedStyle(document.querySelector('.query .path')).position"
        assert page.evaluate(path) == "absolute"
        page.call(
            "Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}]
        )
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate(path) == "static"
        assert page.evaluate("getComputedStyle(document.querySelector('.help')).display") == "none"
        assert page.evaluate("getComputedStyle(document.querySelector('li .path')).display") == "block"


def test_no_name_can_break_the_page(tmp_path: Path) -> None:
    require_chromium()
    (tmp_path / "photos").mkdir()
    picture = draw(tmp_path / "<i>&.png", 1)
    for name in NAMES:
        shutil.copyfile(picture, tmp_path / "photos" / os.fsdecode(name))
    succeeded(imgsearch("index", "photos", folder=tmp_path))
    succeeded(imgsearch("query", picture.name, "--html", "page.html", folder=tmp_path))
    with Page(tmp_path / "page.html") as page:
        paths = page.evaluate("[...document.querySelectorAll('li .path')].map(e => e.textContent)")
        assert sorted(paths) == sorted(
            f"photos/{name}"
            for name in (
                "a b.png",
                r"line\nbreak.png",
                '"quoted" & <b>bold {0}.png',
                "\N{CAT FACE}שלום.png",
                r"caf\xe9.png",
                "long" * 50 + ".png",
            )
        )
        links = page.evaluate("[...document.querySelectorAll('li a.picture')].map(e => e.href)")
        expected = sorted((tmp_path / "photos" / os.fsdecode(name)).as_uri() for name in NAMES)
        assert sorted(links) == expected
        assert page.evaluate("document.querySelector('h2').textContent") == "<i>&.png"
        assert page.evaluate("document.querySelectorAll('i, figcaption b b').length") == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        assert page.complaints() == []
