"""Labelled folders and their splits."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgsearch.errors import UserError
from imgsearch.workflows.labelled import Labelled, hold_out, read_labelled


def made(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def labelled(classes: int, each: int = 2) -> Labelled:
    names = [f"class {number:02}" for number in range(classes) for _ in range(each)]
    return Labelled(tuple(Path(f"{row}.jpg") for row in range(len(names))), tuple(names))


def test_a_class_is_the_parent_folder_however_deep(tmp_path: Path) -> None:
    made(tmp_path, "train/cat/1.jpg", "train/cat/2.png", "val/cat/3.jpg", "val/dog/1.jpg", "notes.txt", ".git/x/1.jpg")
    data = read_labelled(tmp_path)
    named = {str(path.relative_to(tmp_path)): name for path, name in zip(data.paths, data.classes, strict=True)}
    assert named == {
        "train/cat/1.jpg": "cat",
        "train/cat/2.png": "cat",
        "val/cat/3.jpg": "cat",
        "val/dog/1.jpg": "dog",
    }


def test_folders_without_classes_are_refused(tmp_path: Path) -> None:
    made(tmp_path, "flat/1.jpg", "flat/2.jpg", "empty/notes.txt")
    with pytest.raises(UserError, match=r"flat: only one class \('flat'\)"):
        read_labelled(tmp_path / "flat")
    with pytest.raises(UserError, match="empty: no pictures in it"):
        read_labelled(tmp_path / "empty")
    with pytest.raises(UserError, match="missing: no such folder"):
        read_labelled(tmp_path / "missing")


def test_at_most_keeps_the_first_of_each_class_and_only_keeps_classes() -> None:
    data = labelled(3, each=4)
    assert [path.stem for path in data.at_most(2).paths] == ["0", "1", "4", "5", "8", "9"]
    assert data.at_most(9) == data
    few = data.only(frozenset({"class 02", "class 00"}))
    assert few.classes == ("class 00",) * 4 + ("class 02",) * 4
    assert [path.stem for path in few.paths] == [str(row) for row in (0, 1, 2, 3, 8, 9, 10, 11)]


@pytest.mark.parametrize(
    ("split", "held_out"), [("holdout:2", 2), ("holdout:0.2", 2), ("holdout:.5", 5), ("holdout:8", 8)]
)
def test_the_last_classes_by_name_are_held_out(split: str, held_out: int) -> None:
    data = labelled(10)
    training, unseen = hold_out(data, split)
    names = sorted(set(data.classes))
    assert set(training.classes) == set(names[:-held_out])
    assert set(unseen.classes) == set(names[-held_out:])
    assert sorted(training.paths + unseen.paths) == sorted(data.paths)


@pytest.mark.parametrize("split", ["holdout:1", "holdout:9", "holdout:99", "holdout:0", "holdout:0.05", "holdout:.99"])
def test_each_side_of_a_split_needs_two_classes(split: str) -> None:
    with pytest.raises(UserError, match="each side needs two"):
        hold_out(labelled(10), split)


@pytest.mark.parametrize(
    "split", ["", "40", "holdout", "holdout:", "holdout:-1", "holdout:1.5", "holdout:a", "k-fold:3"]
)
def test_other_splits_are_not_understood(split: str) -> None:
    with pytest.raises(UserError, match="not understood; write holdout:40"):
        hold_out(labelled(10), split)
