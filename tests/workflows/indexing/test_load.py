"""Reading one file: what the catalogue is to say of it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imgsearch.errors import PictureError
from imgsearch.images.preprocess import Preprocessing
from imgsearch.images.read import CHANGED, Content, content_hash
from imgsearch.index import Record
from imgsearch.workflows.indexing.contents import Contents
from imgsearch.workflows.indexing.load import LOOK_AGAIN, Loaded, load, time_to_keep
from imgsearch.workflows.indexing.look import Found
from imgsearch.workflows.indexing.scan import Scan

from .updating import LONG_AGO, aged, drawn

SECOND = 1_000_000_000


def loaded(path: Path, before: Record | None = None) -> Loaded:
    return load("a.png", Found(str(path), 7, LONG_AGO), before, Contents({}, Scan()), Preprocessing(32), None)


@pytest.mark.parametrize(
    ("mtime", "age", "kept"),
    [
        (5 * SECOND + 1, 0, False),
        (5 * SECOND + 1, 19_000_000, False),
        (5 * SECOND + 1, 21_000_000, True),
        (5 * SECOND + 1, -19_000_000, False),  # a clock of another machine
        (5 * SECOND + 1, -SECOND, True),
        (6 * SECOND, SECOND, False),  # FAT
        (6 * SECOND, 3 * SECOND, True),
    ],
)
def test_a_time_is_kept_where_a_later_change_would_leave_another(mtime: int, age: int, kept: bool) -> None:
    assert time_to_keep(mtime, mtime + age) == (mtime if kept else LOOK_AGAIN)


def test_size_time_and_hash_are_those_of_the_bytes_that_were_read(tmp_path: Path) -> None:
    picture = drawn(tmp_path / "a.png", 1)
    content = picture.read_bytes()
    record = Record("a.png", len(content), LONG_AGO, content_hash(content))
    item = loaded(picture)
    assert (item.record, item.refused) == (record, None)
    assert item.pixels is not None and item.pixels.shape == (32, 32, 3)
    same = loaded(picture, Record("a.png", 1, 1, content_hash(content), slot=3))
    assert (same.record, same.pixels) == (record, None)
    broken_before = loaded(picture, Record("a.png", 1, 1, content_hash(content), reason="broken"))
    assert broken_before.pixels is not None


def test_what_is_wrong_with_a_picture_is_remembered_with_its_content(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"no picture")
    item = loaded(aged(file))
    assert item.pixels is None and item.refused is None and item.record.reason
    assert (item.record.size, item.record.content_hash) == (10, content_hash(b"no picture"))
    file.write_bytes(b"")
    assert loaded(file).record == Record("a.png", 7, LONG_AGO, b"", reason="empty file")


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EIO, errno.ESTALE, errno.ENODEV, errno.EACCES, errno.ETIMEDOUT])
def test_what_the_disk_refuses_says_nothing_of_the_picture(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    @contextmanager
    def refusing(path: str) -> Iterator[Content]:
        raise PictureError(path, "cannot be read") from OSError(number, os.strerror(number))
        yield

    monkeypatch.setattr("imgsearch.workflows.indexing.load.reading", refusing)
    item = loaded(Path("x.png"))
    assert item.refused is not None and item.refused.reason == "cannot be read"
    assert item.record.reason is None and item.pixels is None


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def changing(path: str) -> Iterator[Content]:
        raise PictureError(path, CHANGED)
        yield

    monkeypatch.setattr("imgsearch.workflows.indexing.load.reading", changing)
    assert loaded(Path("x.png")).refused is not None
