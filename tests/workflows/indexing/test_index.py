"""Bringing an index up to date."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from imgsearch.encoder import BATCH_SIZE
from imgsearch.index import Index, Writer
from imgsearch.model import load_model
from imgsearch.workflows.index import update_index

from ..conftest import draw


def test_ctrl_c_right_after_a_commit_is_counted_as_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = Index.create(tmp_path / ".imgsearch", load_model("base"))
    photos = tmp_path / "photos"
    for name in ("changed", "known"):
        draw(photos / f"{name}.png", len(name))
    update_index(index, [photos])
    draw(photos / "changed.png", 99)
    (photos / "broken.png").touch()
    for number in range(BATCH_SIZE):
        draw(photos / f"new {number:02}.png", number)

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
    assert (report.added, report.updated, report.unchanged, report.removed) == (BATCH_SIZE - 2, 1, 1, 0)
    assert [(Path(error.path).name, error.reason) for error in report.skipped] == [("broken.png", "empty file")]
    assert len(index) == 2 + report.added

    after = update_index(index)
    assert not after.interrupted
    assert (after.added, after.updated, after.unchanged, len(after.skipped)) == (2, 0, BATCH_SIZE, 1)


def test_a_picture_that_is_only_touched_is_read_once_more_and_kept(tmp_path: Path) -> None:
    index = Index.create(tmp_path / ".imgsearch", load_model("base"))
    picture = draw(tmp_path / "photos" / "a.png", 1)
    update_index(index, [tmp_path / "photos"])
    (before,) = index.records().values()
    picture.write_bytes(picture.read_bytes())
    report = update_index(index)
    (after,) = index.records().values()
    assert (report.added, report.updated, report.unchanged) == (0, 0, 1)
    assert (after.slot, after.content_hash) == (before.slot, before.content_hash)
    assert after.mtime_ns == picture.stat().st_mtime_ns
