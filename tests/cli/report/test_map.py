"""The map of the report in real Chromium."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from imgsearch.errors import printable
from imgsearch.workflows.evaluation.result import Evaluation

from ..chromium import Page
from .browser import emulate, texts


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
