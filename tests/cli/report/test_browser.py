"""The page of `imgsearch eval --report` in real Chromium, of pictures and classes with the oddest names."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import numpy as np
import pytest
from PIL import Image

from imgsearch.cli.report.page import write_report
from imgsearch.errors import printable
from imgsearch.workflows.evaluation.result import Evaluation

from ...conftest import draw
from ..chromium import Page, require_chromium
from .made import evaluation, with_everything

CLASSES = [
    b"plain",
    b"caf\xe9",
    b"</script><b>bold",
    b"line\nbreak",
    b'"quoted" & {text} \'',
    "שלום\N{CAT FACE}".encode(),
]
FILES = [b"a b.png", b"<!--<script>.png", b"new\nline.png", b"per%20cent#?.png", b"\xff\xfe.png"]


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Six classes of five pictures."""
    folder = tmp_path_factory.mktemp("odd names")
    found = []
    for number in range(len(CLASSES)):
        for place, name in enumerate(FILES):
            found.append(folder / f"<b>{number}" / os.fsdecode(name))
            found[-1].parent.mkdir(exist_ok=True)
            shutil.copyfile(draw(folder / "drawn.png", 10 * number + place), found[-1])
    return found


@pytest.fixture(scope="module")
def made(paths: list[Path]) -> Evaluation:
    classes = [os.fsdecode(CLASSES[number // len(FILES)]) for number in range(len(paths))]
    return with_everything(evaluation(paths, classes=classes, models=("my <model>", "base")))


@pytest.fixture(scope="module")
def page(made: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """All tests look at the same one; each sets the width and the colours that it needs."""
    require_chromium()
    file = tmp_path_factory.mktemp("report") / "report.html"
    written = write_report(file, made)
    assert written.unread == []
    with Page(file) as opened:
        yield opened
        assert opened.complaints() == []
        assert opened.requests() == [file.as_uri()]


def emulate(page: Page, *, width: int = 1280, scheme: str = "light", media: str = "screen") -> None:
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    page.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])


def texts(page: Page, selector: str) -> list[str]:
    found: list[str] = page.evaluate(f"[...document.querySelectorAll({selector!r})].map(e => e.textContent)")
    return found


def test_every_picture_is_seen_and_says_what_it_is(page: Page) -> None:
    images = page.evaluate("[...document.images].map(i => [i.naturalWidth, i.naturalHeight, i.alt])")
    assert len(images) > 100
    assert all((width, height) == (80, 60) for width, height, _ in images)
    assert all(", file " in alt and ": " in alt for _, _, alt in images)


def test_no_name_breaks_the_page_and_every_link_leads_to_its_file(page: Page, made: Evaluation) -> None:
    assert sorted(texts(page, "#classes ~ .scroll tbody th")) == sorted(
        printable(name) for name in set(made.queries.classes)
    )
    assert page.evaluate("document.querySelectorAll('bdi b, bdi script, td b').length") == 0
    assert texts(page, "h1")[0] == f"How well does my <model> know {printable(os.path.relpath(made.folder))}?"
    links = page.evaluate("[...document.querySelectorAll('.tile a')].map(a => a.href)")
    files = {os.fsdecode(unquote_to_bytes(urlsplit(link).path)) for link in links}
    assert files and files <= {os.fspath(path) for path in made.queries.paths}
    names = page.evaluate("JSON.parse(document.getElementById('map-data').textContent).names")
    assert set(names) == {printable(os.fsdecode(name)) for name in FILES}


def test_right_and_wrong_are_told_by_signs_and_words_not_by_colour_alone(page: Page, made: Evaluation) -> None:
    for strip in range(4):
        captions = texts(page, f".strips:first-of-type > li:nth-of-type({strip + 1}) figcaption")
        alts = page.evaluate(
            f"[...document.querySelectorAll('.strips:first-of-type > li:nth-of-type({strip + 1}) img')].map(i => i.alt)"
        )
        own = captions[0].removesuffix(captions[0][captions[0].index("query, map_at_r") :])
        assert len(captions) == 9
        for caption, alt in zip(captions[1:], alts[1:], strict=True):
            right = caption.startswith(f"✓ {own}")
            assert right or (caption.startswith("✗ ") and not caption.startswith(f"✗ {own}"))
            assert (", right: " if right else ", wrong: ") in alt
    styles = page.evaluate(
        "['right', 'wrong'].map(k => getComputedStyle(document.querySelector(`.tile.${k} a`)).borderTopStyle)"
    )
    assert styles == ["solid", "dashed"]


def test_a_click_sorts_the_classes_and_a_word_finds_them(page: Page, made: Evaluation) -> None:
    rows = "#classes ~ .scroll tbody tr"
    column = f"{rows} td:nth-child(5)"
    shown = [float(text) for text in texts(page, column)]
    assert shown == sorted(shown)
    assert shown == sorted(round(row.values["map_at_r"], 4) for row in made.model.classes)
    for expected in (sorted(shown, reverse=True), shown):
        page.evaluate("document.querySelector('#classes ~ .scroll th:nth-child(5) button').click()")
        assert [float(text) for text in texts(page, column)] == expected
    page.evaluate("document.querySelector('#classes ~ .scroll th:nth-child(1) button').click()")
    sorting = "[...document.querySelectorAll('#classes ~ .scroll thead th')].map(e => e.ariaSort)"
    assert page.evaluate(sorting) == ["ascending", *[None] * 6]
    assert texts(page, f"{rows} th")[0].startswith(("'", '"', "<"))
    page.evaluate("document.querySelector('.find input').focus()")
    page.call("Input.insertText", text="CAF")
    assert page.evaluate(
        f"[...document.querySelectorAll({rows!r})].filter(r => !r.hidden).map(r => r.cells[0].textContent)"
    ) == [r"caf\xe9"]


def picture_on_the_map(page: Page) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """What is seen in the tip of the map, of the size of the pictures drawn."""
    box = page.evaluate(
        "(b => [b.left, b.top, b.right, b.bottom])(document.querySelector('.sprite').getBoundingClientRect())"
    )
    with Image.open(io.BytesIO(page.screenshot())) as image:
        return np.asarray(image.convert("RGB").crop(tuple(map(round, box))).resize((80, 60)), dtype=np.float64)


POINT_AT = """(number) => {
  const data = JSON.parse(document.getElementById("map-data").textContent), svg = document.querySelector(".map svg");
  const box = svg.getBoundingClientRect(), scale = box.width / 1000;
  const at = { clientX: box.x + data.x[number] * scale, clientY: box.y + data.y[number] * scale };
  svg.dispatchEvent(new PointerEvent("pointermove", at));
}"""


def test_the_map_shows_the_picture_below_the_pointer_and_that_which_keys_come_to(page: Page, made: Evaluation) -> None:
    emulate(page)
    drawn = [np.asarray(Image.open(path).convert("RGB"), dtype=np.float64) for path in made.queries.paths]
    page.evaluate("document.querySelector('.map').scrollIntoView({block: 'center'})")

    def nearest_picture() -> tuple[str, str]:
        seen = picture_on_the_map(page)
        best = int(np.argmin([np.abs(seen - picture).mean() for picture in drawn]))
        return printable(made.queries.classes[best]), printable(made.queries.paths[best].name)

    def told() -> tuple[str, str]:
        class_name, name = texts(page, ".tip .said b")[0], texts(page, ".tip .said small")[0]
        assert texts(page, ".told")[0].startswith(f"{class_name}, {name}: ")
        return class_name, name

    found = set()
    for number in range(0, 30, 6):
        page.evaluate(f"({POINT_AT})({number})")
        assert nearest_picture() == told()
        found.add(told())
    assert len(found) == 5
    page.evaluate("document.querySelector('.map svg').focus()")
    found = {told()}
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        page.press(key)
        assert nearest_picture() == told()
        found.add(told())
    assert len(found) >= 4
    box = "(() => { const s = document.querySelector('.map svg').viewBox.baseVal; return s.width; })()"
    page.evaluate("document.querySelector('[data-zoom=\"1.5\"]').click()")
    assert page.evaluate(box) == pytest.approx(1000 / 1.5)
    assert nearest_picture() == told()
    page.evaluate("document.querySelector('.map svg').focus()")
    page.press("Escape")
    assert page.evaluate(box) == 1000
    page.evaluate("document.querySelector('.map svg').blur()")
    assert page.evaluate("document.querySelector('.tip').hidden") is True


def test_one_class_is_lit_on_the_map(page: Page, made: Evaluation) -> None:
    choose = "(s => {{ s.value = '{}'; s.dispatchEvent(new Event('change')); }})(document.querySelector('.one-class'))"
    page.evaluate(choose.format(2))
    opacity = "[...document.querySelectorAll('.map g')].map(g => getComputedStyle(g).opacity)"
    assert page.evaluate(opacity) == ["0.12", "0.12", "1", "0.12", "0.12", "0.12"]
    dots = page.evaluate("document.querySelector('.map g.lit').innerHTML.split('M').length - 1")
    wrong = page.evaluate("document.querySelector('.map g.lit .hole')?.getAttribute('d').split('M').length - 1 || 0")
    assert dots - wrong == 5
    page.evaluate(choose.format(""))
    assert set(page.evaluate(opacity)) == {"1"}


@pytest.mark.parametrize("width", [320, 390, 768, 2560])
def test_it_fits_every_screen(page: Page, width: int) -> None:
    emulate(page, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("Math.min(...[...document.querySelectorAll('.tile a')].map(a => a.offsetWidth))") >= 44


CONTRASTS = """(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = parts(colour).slice(0, 3).map((v) => v / 255)
      .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const below = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return parts(colour)[3] === 0 ? below(element.parentElement) : colour;
  };
  const found = {};
  for (const element of document.querySelectorAll("main *, header *, footer *, nav a")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest("svg, option, script")) continue;
    const [one, other] = [luminance(getComputedStyle(element).color), luminance(below(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    found[`${element.tagName}.${element.className}`] = contrast;
  }
  return [luminance(getComputedStyle(document.body).backgroundColor), found];
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_light_or_dark_as_the_system_is_and_all_text_has_contrast(page: Page, scheme: str) -> None:
    emulate(page, scheme=scheme)
    paper, contrasts = page.evaluate(CONTRASTS)
    assert (paper < 0.05) if scheme == "dark" else (paper > 0.9)
    assert len(contrasts) > 20
    assert {name: value for name, value in contrasts.items() if value < 4.5} == {}  # what WCAG asks for


def test_a_screen_reader_finds_headings_captions_and_names(page: Page) -> None:
    emulate(page)
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(deeper - level <= 1 for level, deeper in pairwise(levels))
    assert page.evaluate("[...document.querySelectorAll('table')].every(t => t.caption.textContent.trim())") is True
    identifiers = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(identifiers) == len(set(identifiers))
    targets = page.evaluate("[...document.querySelectorAll('nav a')].map(a => a.hash.slice(1))")
    assert len(targets) == 11 and set(targets) <= set(identifiers)
    page.call("Accessibility.enable")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    told = [(node["role"]["value"], node.get("name", {}).get("value")) for node in nodes if not node["ignored"]]
    roles = {role for role, _ in told}
    assert {"banner", "navigation", "main", "region", "table", "columnheader", "rowheader", "application"} <= roles
    nameless = {"image", "link", "button", "combobox", "searchbox", "region", "application", "table"}
    assert [role for role, name in told if role in nameless and not name] == []
    assert any(role == "image" and name.startswith("ROC curve. Area below it: my <model> 0.") for role, name in told)


def test_printed_it_is_whole_on_white_and_without_what_needs_a_hand(page: Page) -> None:
    emulate(page, scheme="dark", media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for gone in ("nav", ".find", ".controls", "#map-help"):
        assert page.evaluate(f"getComputedStyle(document.querySelector({gone!r})).display") == "none"
    assert (
        page.evaluate("[...document.querySelectorAll('.scroll')].every(e => e.scrollHeight <= e.clientHeight)") is True
    )
    columns = "getComputedStyle(document.querySelector('.answers')).gridTemplateColumns.split(' ').length"
    assert page.evaluate(columns) == 8
    assert page.pdf().startswith(b"%PDF")
    emulate(page)


def test_one_query_of_two_classes_and_nothing_else_measured(paths: list[Path], tmp_path: Path) -> None:
    require_chromium()
    long, other = "long" * 50, "other " * 40
    made = evaluation([paths[0], paths[1], paths[5]], classes=[long, long, other])
    queries = made.model.queries
    one = replace(
        queries,
        rows=queries.rows[:1],
        values={name: values[:1] for name, values in queries.values.items()},
        nearest=queries.nearest[:1],
        similarity=queries.similarity[:1],
    )
    model = replace(made.model, queries=one, verification=None)
    write_report(tmp_path / "small.html", replace(made, models=(model,), without_match=2))
    with Page(tmp_path / "small.html", width=390) as page:
        assert page.complaints() == []
        assert texts(page, "nav a") == ["Figures", "Trust", "Classes", "Queries", "Map", "Terms"]
        assert texts(page, "#queries ~ h3") == ["All queries, the worst first"]
        assert len(texts(page, ".strips figcaption")) == 3
        assert len(texts(page, "#classes ~ .scroll tbody tr")) == 2
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
