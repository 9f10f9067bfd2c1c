"""A labelled folder, decoded."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from PIL import Image

from imgsearch.errors import UserError
from imgsearch.training.dataset import load_dataset


def test_a_folder_is_decoded_once_and_broken_pictures_are_reported(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for number, path in enumerate(paths):
        Image.new("RGB", (100, 80), (50 * number, 0, 0)).save(path)
    paths[2].write_bytes(b"not a picture")
    data = load_dataset(paths, ["a", "a", "b", "b"], 32)
    assert data.pictures.shape == (3, 40, 40, 3)  # a quarter more than the crops, since these pictures are larger
    assert data.labels.tolist() == [0, 0, 1]
    assert data.pictures[:, 0, 0, 0].tolist() == [0, 50, 150]
    assert [error.path for error in data.skipped] == [str(paths[2])]
    assert len(set(data.hashes)) == 3


def test_a_class_of_nothing_but_broken_pictures_is_no_class(tmp_path: Path) -> None:
    for name in ("a1", "a2", "b1"):
        Image.new("RGB", (32, 32)).save(tmp_path / f"{name}.png")
    (tmp_path / "b1.png").write_bytes(b"no")
    data = load_dataset([tmp_path / f"{name}.png" for name in ("a1", "a2", "b1")], ["a", "a", "b"], 32)
    assert (data.classes, data.labels.tolist()) == (("a",), [0, 0])


def test_small_pictures_are_not_blown_up(tmp_path: Path) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "a.png")
    assert load_dataset([tmp_path / "a.png"], ["a"], 32).pictures.shape == (1, 32, 32, 3)


def test_a_folder_of_nothing_but_broken_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no")
    with pytest.raises(UserError, match=r"none of the 1 pictures can be read; the first: .*a\.png"):
        load_dataset([tmp_path / "a.png"], ["a"], 32)


def test_columns_of_the_table_follow_the_pictures_that_could_be_read(tmp_path: Path) -> None:
    for name in ("a1", "a2", "b1"):
        Image.new("RGB", (32, 32)).save(tmp_path / f"{name}.png")
    (tmp_path / "a1.png").write_bytes(b"no")
    paths = [tmp_path / f"{name}.png" for name in ("a1", "a2", "b1")]
    data = load_dataset(paths, ["a", "a", "b"], 32, columns={"order": [1.0, 2.0, 3.0]})
    assert data.columns["order"].tolist() == [2.0, 3.0]


def test_without_room_for_the_decoded_pictures_it_says_so_instead_of_crashing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    Image.new("RGB", (32, 32)).save(tmp_path / "a.png")
    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(UserError, match=r"no room for the decoded pictures .*; free 0 MB, or set TMPDIR"):
        load_dataset([tmp_path / "a.png"], ["a"], 32)
