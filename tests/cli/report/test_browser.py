"""The page of `imgsearch eval --report` in real Chromium, of pictures and classes with the oddest names."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pytest

from imgsearch.cli.report.page import write_report
from imgsearch.errors import printable
from imgsearch.workflows.evaluation.result import Evaluation

from ..chromium import Page, require_chromium
from .browser import FILES, emulate, texts
from .made import evaluation


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
