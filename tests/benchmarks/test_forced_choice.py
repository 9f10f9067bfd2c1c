"""The blind test of a model's mistakes: what its sheets show, and how choices are scored."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest
from PIL import Image

from imgsearch.errors import UserError
from tests.benchmarks.unseen_classes.forced_choice import GAP, KEY, TILE, draw, judge, main

RED, BLUE = (255, 0, 0), (0, 0, 255)


def queries(folder: Path, nearest: dict[str, str]) -> Path:
    """The table of `eval --csv` for four pictures each of red and of blue, the nearest of each of the class given.

    The embedded model, which it has beside another one, takes all for green.
    """
    file = folder / "queries.csv"
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["model", "path", "class", "nearest", "nearest_class"])
        for name, colour in (("red", RED), ("blue", BLUE)):
            for number in range(4):
                path = folder / f"{name}{number}.png"
                Image.new("RGB", (20, 30), colour).save(path)
                writer.writerow(["mine", path, name, "", nearest.get(name, name)])
        for name in ("red", "blue"):
            writer.writerows(["base", folder / f"{name}{number}.png", name, "", "green"] for number in range(4))
    return file


def test_the_key_says_on_which_side_the_pictures_own_class_is_shown(tmp_path: Path) -> None:
    file = queries(tmp_path, {"red": "blue"})
    (sheet,) = draw(file, tmp_path / "sheets", count=100, examples=3, seed=0)
    key = json.loads((tmp_path / "sheets" / KEY).read_text())
    assert len(key) == 4  # all red ones were taken for blue
    assert set(key) == {"a", "b"}
    shown = Image.open(sheet)
    middle = TILE // 2
    for row, own in enumerate(key):
        height = row * (TILE + GAP) + middle
        places = [2 * GAP + TILE + half * (GAP + 3 * TILE) + GAP + middle for half in (0, 1)]
        assert shown.getpixel((2 * GAP + middle, height)) == RED
        assert [shown.getpixel((place, height)) for place in places] == ([RED, BLUE] if own == "a" else [BLUE, RED])


def test_the_same_seed_draws_the_same_sheets_and_another_one_others(tmp_path: Path) -> None:
    file = queries(tmp_path, {"red": "blue", "blue": "red"})
    drawn = []
    for number, seed in enumerate((0, 0, 1, 2, 3)):
        (sheet,) = draw(file, tmp_path / str(number), count=8, examples=3, seed=seed)
        drawn.append((sheet.read_bytes(), (tmp_path / str(number) / KEY).read_text()))
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 4


def test_sheets_that_wait_for_a_judge_are_not_drawn_over(tmp_path: Path) -> None:
    file = queries(tmp_path, {"red": "blue"})
    draw(file, tmp_path / "sheets", count=4, examples=3, seed=0)
    key = (tmp_path / "sheets" / KEY).read_bytes()
    with pytest.raises(UserError, match="give another folder"):
        draw(file, tmp_path / "sheets", count=4, examples=3, seed=1)
    assert (tmp_path / "sheets" / KEY).read_bytes() == key


@pytest.mark.parametrize(("count", "examples"), [(0, 9), (-1, 9), (100, 0)])
def test_nothing_to_show_is_refused(tmp_path: Path, count: int, examples: int) -> None:
    with pytest.raises(UserError, match="at least 1"):
        draw(queries(tmp_path, {"red": "blue"}), tmp_path / "sheets", count, examples, 0)


def test_guessing_everything_says_that_nothing_can_be_told_apart() -> None:
    said = judge(["a", "b"] * 50, ["a?"] * 100)
    assert said.startswith("50 of 100 right; of 100 guessed ones 50; ")
    assert "100% of the mistakes" in said


def test_seventy_five_of_a_hundred_say_that_half_of_the_mistakes_cannot_be_told_apart() -> None:
    said = judge(["a"] * 100, ["a"] * 50 + ["a?"] * 25 + ["b?"] * 25)
    # Wilson's interval of 75 of 100 is 0.657 to 0.825
    assert said.endswith(
        "of 50 guessed ones 25; not to be told apart by these eyes: 50% of the mistakes (95 % from 35% to 69%)"
    )


@pytest.mark.parametrize("choices", [["a"], ["a", "c"], ["a", "b", "a"]])
def test_other_choices_than_a_and_b_one_a_row_are_refused(choices: list[str]) -> None:
    with pytest.raises(UserError, match="2 choices are wanted"):
        judge(["a", "b"], choices)


def test_a_table_without_mistakes_or_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no mistake"):
        draw(queries(tmp_path, {}), tmp_path / "sheets", 100, 9, 0)
    other = tmp_path / "other.csv"
    other.write_text("path,label\na.png,red\n")
    with pytest.raises(UserError, match="make it by imgsearch eval --csv"):
        draw(other, tmp_path / "sheets", 100, 9, 0)


def test_a_missing_file_or_a_broken_picture_is_named_with_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*arguments: str | Path) -> str:
        monkeypatch.setattr(sys, "argv", ["forced_choice", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        return capsys.readouterr().err

    assert KEY in refused("judge", tmp_path, tmp_path / "choices.txt")
    file = queries(tmp_path, {"red": "blue"})
    (tmp_path / "blue2.png").write_bytes(b"no picture")
    assert "blue2.png" in refused("draw", file, tmp_path / "sheets", "--examples", "4")
