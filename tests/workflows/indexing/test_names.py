"""Stored paths of many files are those that each of them would get by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgsearch.index.paths import stored_path
from imgsearch.workflows.indexing.names import StoredNames


def test_every_name_is_the_one_that_the_file_would_get_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    for made in ("root/a/deep", "outside/b", "real"):
        (tmp_path / made).mkdir(parents=True)
    (root / "link").symlink_to(tmp_path / "real")
    (tmp_path / "into").symlink_to(root / "a")
    (tmp_path / "outside" / "alias").symlink_to(root)
    (tmp_path / "outside" / "b" / "picture.jpg").symlink_to(root / "a" / "x.jpg")
    monkeypatch.chdir(root)
    names = StoredNames(root)
    for folder in (
        root, root / "a", root / "a" / "deep", root / "link", tmp_path, tmp_path / "outside" / "b", tmp_path / "into",
        tmp_path / "outside" / "alias" / "link", tmp_path / "outside" / "missing", Path("a"), Path(), Path("a/../.."),
        Path("/"),
    ):  # fmt: skip
        for name in ("x.jpg", "picture.jpg", " ", "line\nbreak.jpg"):
            path = folder / name
            for spelling in (str(folder), f"{folder}/"):
                assert names.of(spelling, name, is_link=path.is_symlink()) == stored_path(path, root), path
