from __future__ import annotations

from pathlib import Path

import pytest

from imgsearch.errors import IndexFolderError
from imgsearch.index import Index, find_index


def test_the_nearest_index_above_is_found(tmp_path: Path, index: Index) -> None:
    deep = tmp_path / "photos" / "2024" / "june"
    deep.mkdir(parents=True)
    assert find_index(None, deep) == index.folder
    assert find_index(None, index.folder) == index.folder
    (deep.parent / ".imgsearch").mkdir()
    assert find_index(None, deep) == deep.parent / ".imgsearch"


def test_a_named_index_is_its_folder_or_the_one_that_holds_it(tmp_path: Path, index: Index) -> None:
    assert find_index(index.folder, tmp_path) == index.folder
    assert find_index(index.root, tmp_path) == index.folder
    moved = index.folder.rename(tmp_path / "named otherwise")
    assert find_index(moved, tmp_path) == moved


def test_the_variable_names_one_and_the_option_overrules_it(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGSEARCH_INDEX", str(index.root))
    assert find_index(None, tmp_path) == index.folder
    with pytest.raises(IndexFolderError, match="another --index"):
        find_index(tmp_path / "missing", tmp_path)
    monkeypatch.setenv("IMGSEARCH_INDEX", str(tmp_path / "missing"))
    with pytest.raises(IndexFolderError, match=r"unset \$IMGSEARCH_INDEX"):
        find_index(None, tmp_path)
    assert find_index(index.folder, tmp_path) == index.folder
    monkeypatch.setenv("IMGSEARCH_INDEX", "")
    assert find_index(None, index.root) == index.folder


def test_without_an_index_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(IndexFolderError, match="run `imgsearch index FOLDER` first"):
        find_index(None, tmp_path)
    with pytest.raises(IndexFolderError, match="run `imgsearch index FOLDER` first"):
        find_index(tmp_path, tmp_path)
