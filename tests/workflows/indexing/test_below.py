"""Which paths lie below which folders, held against what the disk would say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgsearch.workflows.indexing.below import Folders, Tree

ROOT = Path("/a/b/c")
FOLDERS = [".", "..", "../..", "../../..", "d", "d/sub", "../e", "../../e", "..d"]
PATHS = [
    "x.jpg", "d/x.jpg", "d/sub/x.jpg", "d/subway/x.jpg", "d.jpg", "d0", "..d/x.jpg", "../x.jpg", "../e/x.jpg",
    "../../x.jpg", "../../e/x.jpg", "../../../x.jpg", "d/sub",
]  # fmt: skip


def is_below(path: str, folder: str) -> bool:
    """Whether the whole path lies in the whole folder."""
    return Path(os.path.normpath(ROOT / path)).is_relative_to(os.path.normpath(ROOT / folder))


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_path_is_below_a_folder_where_the_disk_says_so(folder: str) -> None:
    for path in PATHS:
        assert (path in Folders([folder])) == is_below(path, folder), path
    assert Tree(PATHS).count(folder) == sum(is_below(path, folder) for path in PATHS)


@given(st.lists(st.sampled_from(FOLDERS)), st.lists(st.sampled_from(PATHS)))
def test_many_folders_hold_what_any_of_them_holds(folders: list[str], paths: list[str]) -> None:
    held = Folders(folders)
    for path in paths:
        assert (path in held) == any(is_below(path, folder) for folder in folders)
    for folder in folders:
        assert Tree(paths).count(folder) == sum(is_below(path, folder) for path in paths)


def test_below_is_a_matter_of_whole_names() -> None:
    assert "a/b/c.jpg" in Folders(["x", "a/b"])
    assert "a/b" in Folders(["a/b"])
    assert "a/bc/d.jpg" not in Folders(["a/b"])
    assert "a.jpg" not in Folders()
