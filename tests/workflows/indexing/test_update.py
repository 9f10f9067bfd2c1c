"""Bringing an index up to date."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from imgsearch.encoder import BATCH_SIZE, Encoder
from imgsearch.index import Index
from imgsearch.index.writer import Writer
from imgsearch.model import load_model
from imgsearch.workflows.indexing.options import Options
from imgsearch.workflows.indexing.update import update_index

from ...conftest import draw
from .updating import aged, counts, drawn, encodings, indexed, slots

COMMITTED = BATCH_SIZE // 2
"""Pictures at a time."""


def test_ctrl_c_right_after_a_commit_is_counted_as_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = Index.create(tmp_path / ".imgsearch", load_model("base"))
    photos = tmp_path / "photos"
    for name in ("changed", "known"):
        draw(photos / f"{name}.png", len(name))
    update_index(index, [photos])
    draw(photos / "changed.png", 99)
    (photos / "broken.png").touch()
    for number in range(COMMITTED):
        draw(photos / f"new {number:02}.png", number)
    aged(photos / "known.png", seconds=1)

    together, depth, commits = Writer.together, 0, 0

    @contextlib.contextmanager
    def interrupted(self: Writer) -> Iterator[None]:
        nonlocal depth, commits
        depth += 1
        try:
            with together(self):
                yield
        finally:
            depth -= 1
        commits += depth == 0
        if depth == 0 and commits == 2:  # the first one is of folders and removed pictures
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "together", interrupted)
        report = update_index(index)
    assert report.interrupted
    assert (report.added, report.updated, report.unchanged, report.removed) == (COMMITTED - 3, 1, 1, 0)
    assert [(Path(error.path).name, error.reason) for error in report.skipped] == [("broken.png", "empty file")]
    assert len(index) == 2 + report.added

    after = update_index(index)
    assert not after.interrupted
    assert (after.added, after.updated, after.unchanged, len(after.skipped)) == (3, 0, COMMITTED - 1, 1)


def test_a_picture_that_is_only_touched_is_read_once_more_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = drawn(tmp_path / "photos" / "a.png", 1)
    index = indexed(tmp_path, "photos")
    (before,) = index.records().values()
    aged(picture, seconds=7)
    encoded = encodings(monkeypatch)
    assert counts(update_index(index)) == {"unchanged": 1}
    (after,) = index.records().values()
    assert (after.slot, after.content_hash) == (before.slot, before.content_hash)
    assert after.mtime_ns == picture.stat().st_mtime_ns == before.mtime_ns + 7_000_000_000
    assert encoded == []


def test_a_picture_that_changed_within_the_tick_of_the_clock_in_which_it_was_read_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = draw(tmp_path / "photos" / "a.bmp", 1)
    moment = picture.stat().st_mtime_ns
    monkeypatch.setattr("imgsearch.workflows.indexing.load.time.time_ns", lambda: moment + 1_000_000)
    index = indexed(tmp_path, "photos")
    size = picture.stat().st_size
    draw(picture, 2)
    os.utime(picture, ns=(moment, moment))
    assert (picture.stat().st_size, picture.stat().st_mtime_ns) == (size, moment)
    assert counts(update_index(index)) == {"updated": 1}
    monkeypatch.setattr("imgsearch.workflows.indexing.load.time.time_ns", lambda: moment + 1_000_000_000)
    assert counts(update_index(index)) == {"unchanged": 1}
    (record,) = index.records().values()
    assert record.mtime_ns == moment


def test_what_is_excluded_leaves_the_index_and_comes_back_when_that_is_forgotten(tmp_path: Path) -> None:
    for number, name in enumerate(["a/1.png", "a/thumbs/2.png", "a/sub/thumbs/deep/3.png", "b/4.gif", "b/5.png"]):
        drawn(tmp_path / name, number)
    index = indexed(tmp_path, "a", "b")
    assert counts(update_index(index, options=Options(exclude=["thumbs"], prune=False))) == {"unchanged": 3}
    assert counts(update_index(index)) == {"removed": 2, "unchanged": 3}
    assert counts(update_index(index, options=Options(exclude=["*.gif", "thumbs"]))) == {"removed": 1, "unchanged": 2}
    assert index.excluded() == ["thumbs", "*.gif"]
    assert counts(update_index(index)) == {"unchanged": 2}
    assert counts(update_index(index, options=Options(exclude=["", "*.gif"]))) == {"added": 2, "unchanged": 2}
    assert counts(update_index(index, options=Options(exclude=[""]))) == {"added": 1, "unchanged": 4}
    assert index.excluded() == []


def test_many_holes_are_taken_out_at_the_end(tmp_path: Path) -> None:
    for number in range(6):
        drawn(tmp_path / "a" / f"{number}.png", number)
    index = indexed(tmp_path, "a")
    for number in range(4):
        (tmp_path / "a" / f"{number}.png").unlink()
    assert counts(update_index(index)) == {"removed": 4, "unchanged": 2}
    assert sorted(slot for slot in slots(index).values() if slot is not None) == [0, 1]
    (match,) = index.search(Encoder(index.model).embed([tmp_path / "a" / "5.png"]), k=1)[0]
    assert index.stored(match.path) == "a/5.png"


def test_pictures_larger_than_the_limit_are_skipped_until_the_limit_is_raised(tmp_path: Path) -> None:
    drawn(tmp_path / "a" / "small.png", 1)
    aged(draw(tmp_path / "a" / "large.png", 2, size=(200, 100)))
    index = Index.create(tmp_path / ".imgsearch", load_model("base"))
    report = update_index(index, [tmp_path / "a"], options=Options(max_pixels=10_000))
    assert counts(report) == {"added": 1, "skipped": 1}
    assert "--max-pixels" in report.skipped[0].reason
    assert counts(update_index(index)) == {"skipped": 1, "unchanged": 1}
    assert counts(update_index(index, options=Options(max_pixels=20_000))) == {"added": 1, "unchanged": 1}
    assert counts(update_index(index)) == {"unchanged": 2}


def test_a_graph_that_somebody_wanted_keeps_up_with_the_pictures_and_none_is_made_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        drawn(tmp_path / "photos" / f"{number}.png", number)
    index = indexed(tmp_path, "photos")
    assert not (index.folder / "graph.hnsw").exists()
    index.build_graph()
    drawn(tmp_path / "photos" / "3.png", 3)
    update_index(Index.open(index.folder))
    assert Index.open(index.folder).plan(1, "ann").reason.count("graph up to date") == 1

    def interrupted(_: Index) -> None:
        raise KeyboardInterrupt

    drawn(tmp_path / "photos" / "4.png", 4)
    with monkeypatch.context() as patch:
        patch.setattr(Index, "build_graph", interrupted)
        report = update_index(Index.open(index.folder))
    assert (report.added, report.interrupted, report.pictures) == (1, False, 5)
    assert Index.open(index.folder).plan(1, "ann").reason.count("graph with 1 newer pictures one by one") == 1


def test_a_file_from_a_century_that_no_64_bits_hold_is_indexed_and_read_again_each_time(tmp_path: Path) -> None:
    photo = draw(tmp_path / "photos" / "future.png", 1)
    os.utime(photo, (3 * 2**32, 3 * 2**32))  # the year 2378
    if photo.stat().st_mtime != 3 * 2**32:
        pytest.skip("this disk does not reach that far")
    assert counts(update_index(Index.create(tmp_path / ".imgsearch", load_model("base")), [photo.parent]))["added"] == 1
    assert counts(update_index(Index.open(tmp_path)))["unchanged"] == 1
