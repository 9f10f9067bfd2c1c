"""What patterns leave out."""

from __future__ import annotations

import os

import pytest

from imgsearch.workflows.indexing.exclude import Excluded, revised


@pytest.mark.parametrize(
    ("glob", "matching", "others"),
    [
        ("thumbs", ["thumbs", "a/thumbs"], ["thumbs2", "a/thumbs/x.jpg", "Thumbs"]),
        ("thumbs/", ["thumbs", "a/thumbs"], ["a/thumbs/x.jpg"]),
        ("*.gif", ["x.gif", "a/b/x.gif"], ["x.gif.png"]),
        ("a/*.png", ["a/x.png", "a/b/x.png"], ["b/a/x.png", "x.png"]),
        ("IMG_[0-9]?.jpg", ["IMG_01.jpg", "a/IMG_9x.jpg"], ["IMG_x1.jpg", "IMG_1.jpg"]),
        ("line*end", ["line\nend"], ["line\nend\n"]),
        (os.fsdecode(b"caf\xe9*"), [os.fsdecode(b"caf\xe9.png")], ["cafe.png"]),
        ("a|b", ["a|b"], ["a", "b"]),
    ],
)
def test_a_pattern_means_a_name_or_a_whole_path(glob: str, matching: list[str], others: list[str]) -> None:
    excluded = Excluded(["nothing like it", glob])
    assert [path for path in matching + others if excluded(path)] == matching


def test_what_lies_in_an_excluded_folder_is_covered() -> None:
    excluded = Excluded(["thumbs", "old/*/raw"])
    assert excluded.covers("a/thumbs/deep/x.jpg") and excluded.covers("../thumbs/x.jpg")
    assert excluded.covers("old/1999/raw/x.jpg") and not excluded.covers("old/1999/x.jpg")
    assert not excluded.covers("..")


def test_no_pattern_leaves_nothing_out() -> None:
    assert not Excluded([])("anything") and not Excluded([]).covers("any/thing") and not Excluded([])
    assert Excluded(["x"])


def test_patterns_are_added_once_until_an_empty_one_forgets_those_before_it() -> None:
    assert revised([], []) == []
    assert revised(["a"], ["b", "a", "b"]) == ["a", "b"]
    assert revised(["a"], [""]) == []
    assert revised(["a"], ["b", "", "c"]) == ["c"]
