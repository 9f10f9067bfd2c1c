"""Which pictures are queries, which the gallery, and by what protocol."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imgsearch.errors import UserError
from imgsearch.workflows.evaluation.task import read_task


def made(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def table(folder: Path, *rows: str) -> Path:
    file = folder / "labels.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def names(paths: tuple[Path, ...], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in paths]


def test_the_pictures_of_a_folder_query_one_another(tmp_path: Path) -> None:
    task = read_task(made(tmp_path, "a/1.png", "a/2.png", "b/1.png"))
    assert (task.protocol, task.gallery, task.left_out, task.queries.whole) == ("leave-one-out", None, None, True)
    assert task.queries.data.classes == ("a", "a", "b")


def test_a_split_leaves_the_last_classes_and_remembers_the_others(tmp_path: Path) -> None:
    task = read_task(made(tmp_path, *(f"{name}/{n}.png" for name in "abcd" for n in range(2))), split="holdout:0.5")
    assert set(task.queries.data.classes) == {"c", "d"}
    assert task.left_out is not None and set(task.left_out.data.classes) == {"a", "b"}
    assert not task.queries.whole


def test_two_folders_are_queries_and_gallery_and_need_two_classes_between_them(tmp_path: Path) -> None:
    made(tmp_path, "q/a/1.png", "g/a/2.png", "g/b/3.png")
    task = read_task(tmp_path / "q", gallery=tmp_path / "g")
    assert task.protocol == "query-gallery" and task.gallery is not None
    assert (task.queries.data.classes, task.gallery.data.classes) == (("a",), ("a", "b"))
    (tmp_path / "g" / "b" / "3.png").unlink()
    with pytest.raises(UserError, match=r"q: only one class \('a'\) in it and the gallery"):
        read_task(tmp_path / "q", gallery=tmp_path / "g")
    with pytest.raises(UserError, match="--split and --gallery exclude each other"):
        read_task(tmp_path / "q", gallery=tmp_path / "g", split="holdout:2")


def test_files_that_are_query_and_gallery_are_refused_by_whatever_name(tmp_path: Path) -> None:
    made(tmp_path, "q/a/1.png", "q/b/1.png", "g/a/2.png")
    (tmp_path / "g" / "b").mkdir()
    (tmp_path / "g" / "b" / "link.png").symlink_to(tmp_path / "q" / "b" / "1.png")
    with pytest.raises(UserError, match=r"q/b/1\.png: is a query and in the gallery; keep the two folders apart"):
        read_task(tmp_path / "q", gallery=tmp_path / "g")
    with pytest.raises(UserError, match=r"q/a/1\.png: is a query and in the gallery, and so are 1 more files; keep"):
        read_task(tmp_path / "q", gallery=tmp_path / "q")


def test_a_table_with_cameras_is_re_identification(tmp_path: Path) -> None:
    made(tmp_path, "1.png", "2.png", "g/3.png", "g/4.png")
    file = table(
        tmp_path, "path,label,camera,sequence", "1.png,7,x,1", "2.png,8,y,1", "g/3.png,7,y,2", "g/4.png,-1,x,3"
    )
    task = read_task(tmp_path, labels=file)
    assert (task.protocol, task.too_easy, task.gallery) == ("re-identification", "camera", None)
    task = read_task(tmp_path, labels=file, gallery=tmp_path / "g")
    assert task.protocol == "re-identification" and task.gallery is not None
    assert names(task.queries.data.paths, tmp_path) == ["1.png", "2.png"]
    assert names(task.gallery.data.paths, tmp_path) == ["g/3.png", "g/4.png"]
    assert task.gallery.data.columns["camera"] == (1.0, 0.0)  # numbered as in the whole table
    plain = read_task(tmp_path, labels=table(tmp_path, "path,label", "1.png,7", "g/3.png,8"), gallery=tmp_path / "g")
    assert (plain.protocol, plain.too_easy) == ("query-gallery", None)
    sequences = read_task(tmp_path, labels=table(tmp_path, "path,label,sequence", "1.png,7,1", "2.png,8,1"))
    assert (sequences.protocol, sequences.too_easy) == ("re-identification", "sequence")


def test_a_gallery_of_a_table_that_holds_none_or_all_is_refused(tmp_path: Path) -> None:
    made(tmp_path, "q/1.png", "q/2.png", "g/3.png")
    file = table(tmp_path, "path,label", "q/1.png,7", "q/2.png,8")
    with pytest.raises(UserError, match="g: none of the 2 pictures of the table lie below it"):
        read_task(tmp_path, labels=file, gallery=tmp_path / "g")
    with pytest.raises(UserError, match="q: all of the 2 pictures of the table lie below it"):
        read_task(tmp_path, labels=file, gallery=tmp_path / "q")
    with pytest.raises(UserError, match="missing: no such folder"):
        read_task(tmp_path, labels=file, gallery=tmp_path / "missing")


def test_folders_that_cannot_be_listed_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path, "a/1.png", "b/1.png", "closed/1.png")
    scandir = os.scandir

    def closed(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    task = read_task(tmp_path)
    assert [str(error) for error in task.unlisted] == [f"{tmp_path / 'closed'}: cannot be listed (Permission denied)"]
    assert task.queries.data.classes == ("a", "b")
