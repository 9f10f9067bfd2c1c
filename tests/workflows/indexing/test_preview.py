"""What an update would do, told without doing any of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from imgsearch.errors import UserError
from imgsearch.index import Index
from imgsearch.model import copy_model, load_model, write_info
from imgsearch.workflows.indexing.options import Options
from imgsearch.workflows.indexing.preview import Preview, preview

from ...cli.helpers import contents
from .updating import aged, drawn, indexed


def names(told: Preview, root: Path) -> dict[str, list[str]]:
    lists = {name: getattr(told, name) for name in ("add", "read_again", "remove")}
    return {name: [path.relative_to(root).as_posix() for path in paths] for name, paths in lists.items() if paths}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    for number, name in enumerate(["a/1.png", "a/2.png", "a/3.png", "a/4.png"]):
        drawn(tmp_path / name, number)
    index = indexed(tmp_path, "a")

    def opened(*_: object) -> None:
        raise AssertionError("a picture is opened")

    monkeypatch.setattr("imgsearch.workflows.indexing.load.reading", opened)
    monkeypatch.setattr(Index, "writer", opened)
    return index


def test_what_would_be_added_read_again_and_removed_is_told_and_nothing_is_written(index: Index) -> None:
    root = index.root
    (root / "a" / "1.png").rename(root / "a" / "renamed.png")
    aged(root / "a" / "2.png", seconds=1)
    drawn(root / "b" / "5.png", 5)
    (root / "a" / "nowhere.png").symlink_to("missing")
    before = contents(root)
    told = preview(index)
    assert names(told, root) == {"add": ["a/renamed.png"], "read_again": ["a/2.png"], "remove": ["a/1.png"]}
    assert (told.unchanged, [Path(error.path).name for error in told.unreadable]) == (2, ["nowhere.png"])
    told = preview(index, [root / "b"], options=Options(files=[root / "a" / "3.png", "missing.png"]))
    assert names(told, root) == {"add": ["b/5.png"]}
    assert (told.unchanged, [error.path for error in told.missing]) == (1, ["missing.png"])
    assert names(preview(index, options=Options(prune=False)), root) == {
        "add": ["a/renamed.png"], "read_again": ["a/2.png"],
    }  # fmt: skip
    assert "a/3.png" in names(preview(index, options=Options(exclude=["3*"])), root)["remove"]
    assert contents(root) == before


def test_an_index_that_is_not_made_yet_is_not_made(tmp_path: Path) -> None:
    drawn(tmp_path / "a" / "1.png", 1)
    told = preview(tmp_path / ".imgsearch", [tmp_path / "a"])
    assert names(told, tmp_path) == {"add": ["a/1.png"]}
    assert not (tmp_path / ".imgsearch").exists()
    with pytest.raises(UserError, match="has no folders yet"):
        preview(tmp_path / ".imgsearch")


def test_with_another_encoder_all_would_be_read_again(index: Index, tmp_path: Path) -> None:
    smaller = copy_model(load_model("base"), tmp_path / "smaller")
    write_info(smaller.folder, replace(smaller.info, name="smaller", input_size=48))
    drawn(tmp_path / "b" / "5.png", 5)
    told = preview(index, [tmp_path / "b"], model=load_model(smaller.folder))
    assert names(told, tmp_path) == {"add": ["b/5.png"], "read_again": [f"a/{number}.png" for number in range(1, 5)]}
    assert names(preview(index, model=load_model("base")), tmp_path) == {}
