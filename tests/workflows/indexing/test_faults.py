"""Disks that fail while an index is brought up to date: what is indexed is kept, and the user is told."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imgsearch.errors import PictureError
from imgsearch.images.find import walk_runs
from imgsearch.images.read import Content, reading
from imgsearch.index import Index
from imgsearch.workflows.indexing.options import Options
from imgsearch.workflows.indexing.report import IndexReport
from imgsearch.workflows.indexing.update import update_index

from .updating import aged, counts, drawn, indexed, slots


@pytest.fixture
def index(tmp_path: Path) -> Index:
    for number, name in enumerate(["a/1.png", "a/2.png", "a/sub/3.png"]):
        drawn(tmp_path / name, number)
    return indexed(tmp_path, "a")


def updated(index: Index, *, prune: bool | None = None) -> tuple[IndexReport, list[str]]:
    """The report and the warnings."""
    warnings: list[str] = []
    return update_index(index, options=Options(prune=prune), warn=warnings.append), warnings


def failing(monkeypatch: pytest.MonkeyPatch, number: int, *names: str) -> None:
    """The disk refuses to read the files of these names."""

    @contextmanager
    def refusing(path: str) -> Iterator[Content]:
        if Path(path).name in names:
            error = OSError(number, os.strerror(number))
            raise PictureError(path, f"cannot be read ({error.strerror})") from error
        with reading(path) as content:
            yield content

    monkeypatch.setattr("imgsearch.workflows.indexing.load.reading", refusing)


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ENODEV, errno.EACCES])
def test_pictures_that_cannot_be_read_keep_what_is_indexed_and_new_ones_are_tried_again(
    index: Index, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = slots(index)
    for name in ("1.png", "2.png"):
        aged(index.root / "a" / name, seconds=1)
    drawn(index.root / "a" / "new.png", 9)
    with monkeypatch.context() as patch:
        failing(patch, number, "1.png", "2.png", "new.png")
        report, (warning,) = updated(index)
    assert counts(report) == {"unchanged": 3, "unreadable": 2, "skipped": 1}
    assert "1.png: cannot be read" in warning and os.strerror(number) in warning
    assert "and 1 more pictures cannot be read; what is indexed is kept" in warning
    assert slots(index) == before
    report, warnings = updated(index)
    assert (counts(report), warnings) == ({"added": 1, "unchanged": 3}, [])


def test_a_file_that_vanishes_between_walking_and_reading_is_removed_by_the_next_run(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged(index.root / "a" / "1.png", seconds=1)
    drawn(index.root / "a" / "new.png", 9)

    @contextmanager
    def vanished(path: str) -> Iterator[Content]:
        Path(path).unlink()
        with reading(path) as content:
            yield content

    with monkeypatch.context() as patch:
        patch.setattr("imgsearch.workflows.indexing.load.reading", vanished)
        report, _ = updated(index)
    assert counts(report) == {"unchanged": 3, "unreadable": 1, "skipped": 1}
    assert report.skipped[0].reason == "no such file"
    assert counts(updated(index)[0]) == {"removed": 1, "unchanged": 2}


def test_a_source_that_goes_away_while_it_is_walked_loses_nothing(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a disk is unmounted: the empty folder that it was mounted on comes to light."""
    folder = index.root / "a"

    def unplugged(*arguments: object, **options: object) -> Iterator[object]:
        walked = walk_runs(*arguments, **options)  # type: ignore[arg-type]
        yield next(walked)
        folder.rename(index.root / "unplugged")
        folder.mkdir()
        yield from walked

    with monkeypatch.context() as patch:
        patch.setattr("imgsearch.workflows.indexing.walk.walk_runs", unplugged)
        report, warnings = updated(index)
    assert any("a: went away while it was looked at; what is indexed of it is kept" in line for line in warnings)
    assert report.removed == 0 and len(slots(index)) == 3


def test_a_source_that_cannot_be_listed_does_not_stop_the_others(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(index.root / "b" / "4.png", 4)
    update_index(index, [index.root / "b"])
    drawn(index.root / "b" / "5.png", 5)
    scandir = os.scandir

    def broken(path: str | os.PathLike[str]) -> object:
        if os.fspath(path).endswith("/a"):
            raise OSError(errno.EIO, "Input/output error")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", broken)
    for prune in (False, True):
        report, (warning,) = updated(index, prune=prune)
        assert "a: cannot be listed (Input/output error); what is indexed of it is kept" in warning
        assert report.removed == 0 and len(slots(index)) == 5
    assert index.sources() == ["a", "b"]


@pytest.mark.parametrize("kind", ["folder", "picture"])
def test_what_lies_behind_a_link_to_a_disk_that_is_not_plugged_in_is_kept_until_prune(index: Index, kind: str) -> None:
    disk = index.root / "disk"
    drawn(disk / "4.png", 4)
    link = index.root / "a" / ("linked" if kind == "folder" else "4.png")
    link.symlink_to(disk if kind == "folder" else disk / "4.png")
    assert counts(update_index(index)) == {"added": 1, "unchanged": 3}
    shutil.move(disk, index.root / "unplugged")
    report, (warning,) = updated(index)
    assert (report.removed, len(slots(index))) == (0, 4)
    assert ("linked: cannot be listed" if kind == "folder" else "4.png: cannot be read") in warning
    report, warnings = updated(index, prune=True)
    assert (counts(report), warnings) == ({"removed": 1, "unchanged": 3}, [])


def test_links_that_lead_nowhere_are_no_matter_where_nothing_was_indexed_behind_them(index: Index) -> None:
    (index.root / "a" / "nowhere").symlink_to("missing")
    (index.root / "a" / "itself").symlink_to("itself")
    report, warnings = updated(index)
    assert (counts(report), warnings) == ({"unchanged": 3}, [])
    (index.root / "a" / "nowhere.jpg").symlink_to("missing.jpg")
    for _ in range(2):
        report, warnings = updated(index)
        assert (counts(report), warnings) == ({"unchanged": 3, "skipped": 1}, [])
