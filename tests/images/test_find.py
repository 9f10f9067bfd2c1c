from __future__ import annotations

import os
from pathlib import Path

import pytest

from imgsearch.errors import UserError
from imgsearch.images.find import class_of, find_pictures, is_walked_over, walk_pictures, walk_runs


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_pictures_are_found_in_all_sub_folders_in_a_stable_order(tmp_path: Path) -> None:
    wanted = [touch(tmp_path / name) for name in ("a/1.jpg", "a/b/c/2.PNG", "a/z.webp", "d.tiff")]
    for other in ("a/notes.txt", "a/clip.mp4", "jpg"):
        touch(tmp_path / other)
    assert list(find_pictures(tmp_path)) == wanted


def test_pictures_between_two_folders_are_told_together(tmp_path: Path) -> None:
    for name in ("b/1.jpg", "b/2.jpg", "a.jpg", "c.jpg", "d.txt", "e.jpg", "f/3.jpg", "g.jpg"):
        touch(tmp_path / name)
    runs = [(below, [entry.name for entry in run]) for below, run in walk_runs(tmp_path)]
    assert runs == [
        ("", ["a.jpg"]), ("b/", ["1.jpg", "2.jpg"]), ("", ["c.jpg", "e.jpg"]), ("f/", ["3.jpg"]), ("", ["g.jpg"]),
    ]  # fmt: skip
    flat = [(below, entry.name) for below, entry in walk_pictures(tmp_path)]
    assert flat == [(below, name) for below, run in runs for name in run]


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


def test_folders_nested_a_thousand_deep_and_more_are_walked(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(1100):  # by steps: not all systems take such long paths
            os.mkdir("d", dir_fd=here)
            deeper = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = deeper
        os.close(os.open("x.jpg", os.O_CREAT, dir_fd=here))
    finally:
        os.close(here)
    (found,) = walk_pictures(tmp_path)
    assert found[0] == "d/" * 1100 and found[1].name == "x.jpg"
    (path,) = find_pictures(tmp_path)
    assert len(path.relative_to(tmp_path).parts) == 1101
    path.unlink()
    touch(tmp_path / "stays")
    os.removedirs(path.parent)  # pytest's own tidying recurses


def test_what_is_left_out_is_not_entered_and_is_asked_for_by_its_path(tmp_path: Path) -> None:
    for name in ("a/1.jpg", "a/thumbs/2.jpg", "a/thumbs/deep/3.jpg", "4.jpg", "notes.txt", ".git/5.jpg"):
        touch(tmp_path / name)
    asked: list[str] = []

    def leave_out(path: str) -> bool:
        asked.append(path)
        return path in {"a/thumbs", "4.jpg"}

    assert [below + entry.name for below, entry in walk_pictures(tmp_path, leave_out=leave_out)] == ["a/1.jpg"]
    assert asked == ["4.jpg", "a", "a/1.jpg", "a/thumbs"]


def test_links_that_cannot_be_followed_are_pictures_by_their_name_or_reported(tmp_path: Path) -> None:
    (tmp_path / "itself").symlink_to("itself")
    (tmp_path / "itself.jpg").symlink_to("itself.jpg")
    (tmp_path / "nowhere").symlink_to("missing")
    (tmp_path / "nowhere.jpg").symlink_to("missing.jpg")
    reported: list[str] = []
    found = list(find_pictures(tmp_path, unreadable=lambda path, _: reported.append(path.name)))
    assert [path.name for path in found] == ["itself.jpg", "nowhere.jpg"]
    assert reported == ["itself", "nowhere"]


def test_folders_named_like_pictures_are_entered_and_pipes_are_left_to_the_reader(tmp_path: Path) -> None:
    touch(tmp_path / "album.jpg" / "1.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert list(find_pictures(tmp_path)) == [tmp_path / "album.jpg" / "1.jpg", tmp_path / "pipe.jpg"]


@pytest.mark.parametrize(
    ("path", "over"),
    [
        ("a/b.jpg", False), ("../a/b.PNG", False), ("a/b.txt", True), (".a/b.jpg", True), ("a/.b.jpg", True),
        ("a/node_modules/b.jpg", True), ("a/node_modules.jpg", False), ("./b.jpg", False),
    ],
)  # fmt: skip
def test_what_walks_leave_out_is_known_by_its_path(tmp_path: Path, path: str, over: bool) -> None:
    assert is_walked_over(path) == over
    top = tmp_path / "top" / "inner"
    top.mkdir(parents=True)
    touch(top / path)
    start = top.parent if path.startswith("..") else top
    assert (list(find_pictures(start)) == []) == over


def test_the_class_of_a_picture_is_its_parent_folder() -> None:
    assert class_of(Path("photos/cats/1.jpg")) == "cats"
