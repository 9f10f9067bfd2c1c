from __future__ import annotations

import os
from pathlib import Path

import pytest

from imgsearch.index.paths import FileIdentity, absolute_path, stored_path

NOT_UTF8 = os.fsdecode(b"caf\xe9/\xff.jpg")
ODD_NAMES = ["a b.jpg", "line\nbreak.jpg", "🐈/ünï.jpg", NOT_UTF8, "back\\slash.jpg", "-rf.jpg", "?#%41.jpg"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_path_below_the_root_comes_back_as_it_was(tmp_path: Path, name: str) -> None:
    assert stored_path(tmp_path / name, tmp_path) == name
    assert absolute_path(name, tmp_path) == tmp_path / name


def test_a_path_outside_the_root_is_relative_too_and_comes_back(tmp_path: Path) -> None:
    stored = stored_path(tmp_path / "other" / "x.jpg", tmp_path / "photos")
    assert stored == "../other/x.jpg"
    assert absolute_path(stored, tmp_path / "photos") == tmp_path / "other" / "x.jpg"


def test_the_root_itself_is_a_dot(tmp_path: Path) -> None:
    assert stored_path(tmp_path, tmp_path) == "."
    assert absolute_path(".", tmp_path) == tmp_path


def test_a_relative_path_is_taken_from_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert stored_path(Path("x.jpg"), tmp_path) == "sub/x.jpg"
    assert stored_path(Path("../y.jpg"), tmp_path) == "y.jpg"


def test_a_link_below_the_root_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to("/elsewhere/real.jpg")
    assert stored_path(tmp_path / "link.jpg", tmp_path) == "link.jpg"


def test_a_way_to_the_root_through_a_link_is_straightened(tmp_path: Path) -> None:
    (tmp_path / "photos" / "sub").mkdir(parents=True)
    (tmp_path / "link").symlink_to("photos")
    (tmp_path / "deep").symlink_to("photos/sub")
    root = tmp_path / "photos"
    assert stored_path(tmp_path / "link" / "sub" / "x.jpg", root) == "sub/x.jpg"
    assert stored_path(tmp_path / "link", root) == "."
    assert stored_path(tmp_path / "deep", root) == "sub"


def test_dots_after_a_link_lead_where_the_disk_says(tmp_path: Path) -> None:
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "near").symlink_to("far/away")
    assert stored_path(tmp_path / "near" / ".." / "x.jpg", tmp_path) == "far/x.jpg"


def test_paths_to_one_file_resolve_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x.jpg").write_bytes(b"x")
    (tmp_path / "link.jpg").symlink_to("sub/x.jpg")
    (tmp_path / "folder").symlink_to("sub")
    monkeypatch.chdir(tmp_path)
    identity = FileIdentity()
    ways = [Path("sub/x.jpg"), Path("link.jpg"), Path("folder/x.jpg"), Path("folder/../sub/x.jpg")]
    assert {identity.resolve(way) for way in ways} == {(tmp_path / "sub" / "x.jpg").resolve()}
    assert identity.resolve(Path("gone/y.jpg")) == tmp_path.resolve() / "gone" / "y.jpg"


def test_a_loop_of_links_resolves_to_something(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert FileIdentity().resolve(tmp_path / "loop") is not None
    assert FileIdentity().resolve(tmp_path / "loop" / "x.jpg") is not None
