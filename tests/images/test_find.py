from __future__ import annotations

import os
from pathlib import Path

import pytest

from imgsearch.errors import UserError
from imgsearch.images.find import class_of, find_pictures


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_pictures_are_found_in_all_sub_folders_in_a_stable_order(tmp_path: Path) -> None:
    wanted = [touch(tmp_path / name) for name in ("a/1.jpg", "a/b/c/2.PNG", "a/z.webp", "d.tiff")]
    for other in ("a/notes.txt", "a/clip.mp4", "jpg"):
        touch(tmp_path / other)
    assert list(find_pictures(tmp_path)) == wanted


def test_hidden_and_generated_folders_are_left_out(tmp_path: Path) -> None:
    for name in (".git/1.jpg", "node_modules/1.jpg", "@eaDir/1.jpg", ".hidden.jpg", ".imgsearch/1.jpg"):
        touch(tmp_path / name)
    assert list(find_pictures(tmp_path)) == []


def test_names_with_spaces_newlines_emoji_and_bytes_that_are_no_text_survive(tmp_path: Path) -> None:
    names = [b"a b.jpg", b"line\nbreak.jpg", "🐈.jpg".encode(), b"\xff\xfe.jpg"]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).touch()
    assert sorted(os.fsencode(path.name) for path in find_pictures(tmp_path)) == sorted(names)


def test_a_loop_of_links_ends_and_every_picture_comes_once(tmp_path: Path) -> None:
    touch(tmp_path / "a/1.jpg")
    (tmp_path / "a/loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "itself.jpg").symlink_to("itself.jpg")
    found = [path for path in find_pictures(tmp_path) if not path.is_symlink()]
    assert found == [tmp_path / "a/1.jpg"]


def test_a_linked_folder_outside_is_followed(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere/1.jpg")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert list(find_pictures(tmp_path / "photos")) == [tmp_path / "photos/link/1.jpg"]


@pytest.mark.parametrize("name", ["missing", "file.jpg"])
def test_what_is_no_folder_is_one_clear_line(tmp_path: Path, name: str) -> None:
    touch(tmp_path / "file.jpg")
    with pytest.raises(
        UserError, match=f"{name}: (no such folder|not a folder); give the folder that holds the pictures"
    ):
        list(find_pictures(tmp_path / name))


def test_a_sub_folder_that_vanishes_while_walking_is_reported_and_the_rest_is_found(tmp_path: Path) -> None:
    touch(tmp_path / "a/1.jpg")
    touch(tmp_path / "b/gone/2.jpg")
    reported: list[Path] = []
    walk = find_pictures(tmp_path, unreadable=lambda path, _: reported.append(path))
    assert next(walk) == tmp_path / "a/1.jpg"
    (tmp_path / "b/gone/2.jpg").unlink()
    (tmp_path / "b/gone").rmdir()
    (tmp_path / "b").rmdir()
    assert list(walk) == []
    assert reported == [tmp_path / "b"]


def test_the_class_of_a_picture_is_its_parent_folder() -> None:
    assert class_of(Path("photos/cats/1.jpg")) == "cats"
