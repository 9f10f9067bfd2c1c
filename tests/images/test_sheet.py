from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgsearch.errors import PictureError, UserError
from imgsearch.images.save import require_writable_format, save_as
from imgsearch.images.sheet import CAPTION, GAP, TILE, Block, draw_sheet


def coloured(*names: str) -> list[Image.Image | PictureError]:
    return [Image.new("RGB", (TILE, TILE), name) for name in names]


def middle(column: int, row: int = 0) -> tuple[int, int]:
    left = GAP + column * (TILE + GAP) + (GAP if column else 0)
    return left + TILE // 2, GAP + row * (TILE + CAPTION) + TILE // 2


def test_the_query_is_at_the_left_and_its_matches_go_row_by_row() -> None:
    names = ["red", "lime", "blue", "yellow", "cyan", "magenta", "black"]
    sheet = draw_sheet([Block(("query", "a"), [("0.5", "b")] * 6)], coloured(*names))
    places = [middle(0), *(middle(column) for column in range(1, 6)), middle(1, 1)]
    assert [sheet.getpixel(place) for place in places] == [
        Image.new("RGB", (1, 1), name).getpixel((0, 0)) for name in names
    ]


def test_several_queries_stand_below_each_other_and_one_without_matches_says_so() -> None:
    alone = draw_sheet([Block(("query", "a"), [])], coloured("red"))
    assert np.asarray(alone.crop((TILE + 3 * GAP, 0, *alone.size))).min() < 120  # there is ink
    both = draw_sheet([Block(("query", "a"), []), Block(("query", "b"), [("1", "c")])], coloured("red", "lime", "blue"))
    assert both.height == 2 * alone.height - GAP


def test_what_cannot_be_read_leaves_a_crossed_box_and_names_of_any_length_and_script_are_cut() -> None:
    missing = PictureError("x.png", "no such file " * 50)
    names = ["long/" * 200 + "name.png", "café\\xe9.png", "\N{CAT FACE}猫ねこ.png", "кот.png", ""]
    sheet = draw_sheet(
        [Block(("query", names[0]), [("0.1", name) for name in names])], [*coloured(*["red"] * 5), missing]
    )
    alike = draw_sheet([Block(("query", names[0]), [("0.1", name) for name in names])], coloured(*["red"] * 6))
    assert sheet.size == alike.size
    beyond = middle(5)[0] + TILE // 2
    assert sheet.crop((beyond, 0, beyond + GAP, sheet.height)).getextrema() == ((255, 255),) * 3  # nothing sticks out


def test_a_sheet_beyond_reason_is_refused() -> None:
    with pytest.raises(UserError, match=r"--sheet: 1,344 × \d{3},\d{3} pixels are too many; ask for fewer"):
        draw_sheet([Block(("query", "a"), [("1", "b")] * 5)] * 1000, [])


@pytest.mark.parametrize(("suffix", "name"), [("png", "PNG"), ("JPG", "JPEG"), ("webp", "WEBP"), ("pdf", "PDF")])
def test_any_format_that_pillow_writes_goes_by_its_suffix(suffix: str, name: str, tmp_path: Path) -> None:
    file = tmp_path / f"sheet.{suffix}"
    assert require_writable_format(file) == name
    with file.open("wb") as stream:
        save_as(Image.new("RGB", (30, 20), "red"), stream, file)
    assert file.stat().st_size > 50


@pytest.mark.parametrize("name", ["sheet", "sheet.txt", "sheet.h5", "sheet.xbm", "sheet.png.", "sheet.\udce9"])
def test_a_suffix_of_no_picture_that_can_be_written_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=r"sheet.*; name a \.png, \.jpg or \.webp file"):
        require_writable_format(Path(name))


def test_a_format_that_is_for_smaller_pictures_says_so(tmp_path: Path) -> None:
    file = tmp_path / "sheet.webp"
    with file.open("wb") as stream, pytest.raises(UserError, match="WEBP cannot hold 20,000 × 1 pixels"):
        save_as(Image.new("RGB", (20_000, 1)), stream, file)
