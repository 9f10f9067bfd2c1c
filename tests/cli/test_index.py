"""`imgsearch index`, end to end."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from imgsearch.errors import IndexFolderError
from imgsearch.index import Index
from imgsearch.model import copy_model, load_model, write_info

from ..conftest import draw, imgsearch
from .helpers import Finished, contents, copied, found, refused, started, succeeded

COUNTS = ["added", "updated", "removed", "unchanged", "skipped"]
KEYS = {*COUNTS, "moved", "unreadable", "missing", "reprojected", "seconds", "index"}


def counts(run: Finished) -> list[int]:
    """Added, updated, removed, unchanged, skipped."""
    report = json.loads(succeeded(run))
    assert set(report) == KEYS
    assert isinstance(report["seconds"], float) and report["seconds"] >= 0
    return [report[name] for name in COUNTS]


def rows(file: Path) -> dict[str, str]:
    """A CSV file of two columns, its header included."""
    with file.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
        return dict(csv.reader(stream))


def stored(folder: Path) -> set[str]:
    """What can be searched, by stored path."""
    return {path for path, record in Index.open(folder).records().items() if record.slot is not None}


def test_a_second_run_touches_only_what_changed(tmp_path: Path) -> None:
    same = [f"same/{number}.png" for number in range(5)]
    for number, name in enumerate(["a.png", "sub/b.jpg", "sub/deeper/c.webp", "sub/d.bmp", *same]):
        draw(tmp_path / "photos" / name, number)
    first = imgsearch("index", "photos", "--json", folder=tmp_path)
    assert counts(first) == [9, 0, 0, 0, 0]
    assert json.loads(first.stdout)["index"] == ".imgsearch"
    assert first.stderr.count(b"\n") == 1 and b"9 added" in first.stderr and b"9 pictures" in first.stderr
    slots = {path: record.slot for path, record in Index.open(tmp_path).records().items()}

    draw(tmp_path / "photos" / "new" / "e.gif", 10)
    draw(tmp_path / "photos" / "a.png", 11)
    os.utime(tmp_path / "photos" / "sub" / "b.jpg", ns=(1, 1))
    (tmp_path / "photos" / "sub" / "d.bmp").unlink()
    (tmp_path / "photos" / "notes.txt").write_text("no picture by its name, so it is not counted")
    assert counts(imgsearch("index", "photos", "--json", folder=tmp_path)) == [1, 1, 1, 7, 0]
    after = {path: record.slot for path, record in Index.open(tmp_path).records().items()}
    kept = {"photos/sub/b.jpg", "photos/sub/deeper/c.webp", *(f"photos/{name}" for name in same)}
    assert set(after) == {"photos/a.png", "photos/new/e.gif", *kept}
    assert {path for path in after if after[path] == slots.get(path)} == kept

    before = contents(tmp_path / ".imgsearch")
    assert counts(imgsearch("index", "--json", folder=tmp_path)) == [0, 0, 0, 9, 0]
    assert contents(tmp_path / ".imgsearch") == before


def test_broken_pictures_are_skipped_with_a_reason_until_they_are_mended(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    draw(photos / "good.png", 1)
    (photos / "text.jpg").write_text("These are no pixels.")
    (photos / "zero.png").touch()
    whole = draw(tmp_path / "whole.jpg", 2, size=(400, 300)).read_bytes()
    (photos / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / "dangling.jpg").symlink_to("nowhere.jpg")

    first = imgsearch("index", "photos", "--json", "--errors", "errors.csv", folder=tmp_path)
    assert counts(first) == [1, 0, 0, 0, 4]
    reasons = rows(tmp_path / "errors.csv")
    assert reasons.pop("path") == "reason"
    assert set(reasons) == {f"photos/{name}" for name in ("text.jpg", "zero.png", "truncated.jpg", "dangling.jpg")}
    assert reasons["photos/text.jpg"] == "not a picture that Pillow can read"
    assert reasons["photos/zero.png"] == "empty file"
    assert "No such file" in reasons["photos/dangling.jpg"]
    assert reasons["photos/truncated.jpg"].startswith("broken picture")
    said = first.stderr.decode().splitlines()
    assert sorted(said[:4]) == sorted(f"imgsearch: skipped {path}: {reason}" for path, reason in reasons.items())

    again = imgsearch("index", "--json", "--errors", tmp_path / "again.csv", folder=photos)
    assert counts(again) == [0, 0, 0, 1, 4]
    shown_from_there = {path.removeprefix("photos/"): reason for path, reason in reasons.items()}
    assert rows(tmp_path / "again.csv") == {"path": "reason", **shown_from_there}

    (photos / "truncated.jpg").write_bytes(whole)
    draw(photos / "zero.png", 3)
    (photos / "text.jpg").unlink()
    mended = imgsearch("index", "photos", "--json", "--errors", "no/such/folder.csv", folder=tmp_path)
    assert mended.returncode == 2 and b"no/such/folder.csv: cannot be written" in mended.stderr.splitlines()[-1]
    assert stored(tmp_path) == {"photos/good.png", "photos/truncated.jpg", "photos/zero.png"}
    assert counts(imgsearch("index", "photos", "--json", folder=tmp_path)) == [0, 0, 0, 3, 1]


def test_a_good_picture_that_breaks_leaves_the_answers(tmp_path: Path) -> None:
    good, breaks = draw(tmp_path / "photos" / "good.png", 1), draw(tmp_path / "photos" / "breaks.png", 2)
    succeeded(imgsearch("index", "photos", folder=tmp_path))
    breaks.write_bytes(breaks.read_bytes()[:100])
    assert counts(imgsearch("index", "photos", "--json", folder=tmp_path)) == [0, 0, 0, 1, 1]
    assert stored(tmp_path) == {"photos/good.png"}
    assert found(imgsearch("query", draw(tmp_path / "else.png", 3), folder=tmp_path)) == [b"photos/good.png"]
    assert good.exists()


def test_many_broken_pictures_are_named_up_to_ten_and_counted(tmp_path: Path) -> None:
    draw(tmp_path / "photos" / "good.png", 1)
    for number in range(11):
        (tmp_path / "photos" / f"{number}.jpg").touch()
    said = imgsearch("index", "photos", folder=tmp_path).stderr.decode().splitlines()
    assert len(said) == 12
    assert said[10] == "imgsearch: skipped 1 more picture"
    assert "11 skipped" in said[11]


def test_where_the_index_goes(tmp_path: Path) -> None:
    draw(tmp_path / "photos" / "a.png", 1)
    where = {"IMGSEARCH_INDEX": str(tmp_path / "elsewhere")}

    def place(*arguments: str, environment: dict[str, str] | None = None) -> object:
        run = imgsearch("index", "photos", "--json", *arguments, folder=tmp_path, environment=environment)
        return json.loads(succeeded(run))["index"]

    assert place("--index", "missing/folder") == "missing/folder"
    assert (tmp_path / "missing" / "folder" / "catalogue.sqlite").exists()
    assert place("--index", "photos") == "photos/.imgsearch"
    assert place(environment=where) == "elsewhere"
    assert place("--index", "photos", environment=where) == "photos/.imgsearch"
    assert not (tmp_path / ".imgsearch").exists()
    query = draw(tmp_path / "query.png", 2)
    assert found(imgsearch("query", query, folder=tmp_path, environment=where)) == [b"photos/a.png"]
    refused(imgsearch("query", query, folder=tmp_path), "no index in this folder or above it")


def test_inside_an_indexed_tree_the_nearest_index_grows(tmp_path: Path) -> None:
    draw(tmp_path / "photos" / "a.png", 1)
    draw(tmp_path / "more" / "deep" / "b.png", 2)
    succeeded(imgsearch("index", "photos", folder=tmp_path))
    run = imgsearch("index", "deep", "--json", folder=tmp_path / "more")
    assert json.loads(run.stdout)["index"] == "../.imgsearch"
    assert stored(tmp_path) == {"photos/a.png", "more/deep/b.png"}

    draw(tmp_path / "photos" / "c.png", 3)
    draw(tmp_path / "more" / "deep" / "d.png", 4)
    draw(tmp_path / "more" / "e.png", 5)  # beside the folders that were asked for
    assert counts(imgsearch("index", "--json", folder=tmp_path / "more")) == [2, 0, 0, 2, 0]
    assert found(imgsearch("query", "e.png", folder=tmp_path / "more"))[0].startswith((b"../photos/", b"deep/"))


def test_a_source_that_is_gone_or_empty_is_kept_until_prune(tmp_path: Path) -> None:
    for folder in ("disk", "emptied", "photos"):
        draw(tmp_path / folder / "a.png", len(folder))
    succeeded(imgsearch("index", "disk", "emptied", "photos", folder=tmp_path))
    (tmp_path / "disk").rename(tmp_path / "unplugged")
    (tmp_path / "emptied" / "a.png").unlink()
    draw(tmp_path / "photos" / "b.png", 9)

    run = imgsearch("index", "--json", folder=tmp_path)
    assert counts(run) == [1, 0, 0, 1, 0]
    gone, empty, _ = run.stderr.decode().splitlines()
    assert gone.startswith("imgsearch: ") and "disk: gone" in gone and "1 indexed pictures are kept" in gone
    assert empty.startswith("imgsearch: ") and "emptied: no pictures in it now" in empty
    assert stored(tmp_path) == {"disk/a.png", "emptied/a.png", "photos/a.png", "photos/b.png"}
    assert b"disk: gone" in imgsearch("index", "disk", folder=tmp_path).stderr

    assert counts(imgsearch("index", "--prune", "--json", folder=tmp_path)) == [0, 0, 2, 2, 0]
    later = imgsearch("index", "--json", folder=tmp_path)  # pruned sources do not stand in the way of the others
    assert counts(later) == [0, 0, 0, 2, 0]
    assert b"nothing of it is indexed" not in later.stderr
    (tmp_path / "unplugged").rename(tmp_path / "disk")
    assert counts(imgsearch("index", "disk", "--json", folder=tmp_path)) == [1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("folders", "said"),
    [
        (["missing"], "missing: no such folder"),
        (["empty"], "empty: no pictures in it"),
        (["texts"], "texts: no pictures in it"),
        (["photos", "missing"], "missing: no such folder"),
        (["photos/a.png"], "photos/a.png: not a folder"),
        ([], "name a folder of pictures"),
        (["photos", "--model", "missing"], "missing: no such model folder"),
        (["photos", "--index", "photos/a.png"], "photos/a.png: a file, not a folder"),
    ],
)
def test_a_slip_is_told_and_leaves_no_index_behind(tmp_path: Path, folders: list[str], said: str) -> None:
    draw(tmp_path / "photos" / "a.png", 1)
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "notes.txt").write_text("no pictures here")
    before = contents(tmp_path)
    refused(imgsearch("index", *folders, folder=tmp_path), said)
    assert contents(tmp_path) == before and not (tmp_path / ".imgsearch").exists()


def test_a_slip_costs_an_existing_index_nothing(pictures_index: Path, tmp_path: Path) -> None:
    folder = copied(pictures_index, tmp_path / "copy")
    (folder / "empty").mkdir()
    before = contents(folder)
    for slip in ("missing", "empty"):
        refused(imgsearch("index", "photos", slip, folder=folder), f"imgsearch: {slip}: ")
    assert contents(folder) == before


def test_names_of_all_kinds_go_in_and_come_out(tmp_path: Path) -> None:
    names = [b"a b  c.png", b"line\nbreak.png", "\N{SNOWMAN}\N{CAT FACE}.png".encode(), b"caf\xe9.png", b"-k.png"]
    for number, name in enumerate(names):
        folder = tmp_path / "photos" / os.fsdecode(name)[:-4]
        draw(folder / os.fsdecode(name), number)
        (folder / ("broken " + os.fsdecode(name))).touch()
    run = imgsearch("index", "photos", "--json", "--errors", "errors.csv", folder=tmp_path)
    assert counts(run) == [5, 0, 0, 0, 5]
    assert run.stderr.count(b"\n") == 6 and rb"line\nbreak" in run.stderr and rb"caf\xe9" in run.stderr
    expected = {b"photos/" + name[:-4] + b"/" + name for name in names}
    assert {os.fsencode(path) for path in stored(tmp_path)} == expected
    listed = {os.fsencode(path) for path, reason in rows(tmp_path / "errors.csv").items() if reason == "empty file"}
    assert listed == {b"photos/" + name[:-4] + b"/broken " + name for name in names}
    assert counts(imgsearch("index", "photos", "--json", folder=tmp_path)) == [0, 0, 0, 5, 5]
    folders = [b"./photos/" + name[:-4] for name in names]  # and as what is asked for
    assert counts(imgsearch("index", *folders, "--json", "--index", b"\xff", folder=tmp_path)) == [5, 0, 0, 0, 5]


def newer_format(index: Path) -> None:
    with closing(sqlite3.connect(index / "catalogue.sqlite")) as connection, connection:
        connection.execute("UPDATE settings SET value = '99' WHERE key = 'format_version'")


def no_model(index: Path) -> None:
    shutil.rmtree(index / "model")


def no_encoder(index: Path) -> None:
    (index / "model" / "encoder.onnx").unlink()


def garbage(index: Path) -> None:
    (index / "catalogue.sqlite").write_bytes(bytes(range(256)) * 64)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (newer_format, "made by a newer imgsearch (format 99, this one reads 3); upgrade imgsearch"),
        (no_model, "model/model.json: gone"),
        (no_encoder, "encoder.onnx: gone"),
        (garbage, "catalogue.sqlite"),
    ],
)
def test_an_index_that_cannot_be_used_is_left_as_it_is(
    pictures_index: Path, tmp_path: Path, harm: Callable[[Path], None], said: str
) -> None:
    folder = copied(pictures_index, tmp_path / "copy")
    harm(folder / ".imgsearch")
    draw(folder / "photos" / "new.png", 99)
    before = contents(folder)
    for arguments in (["index", "photos"], ["query", "photos/new.png"]):
        refused(imgsearch(*arguments, folder=folder), said)
        assert contents(folder) == before


def test_another_metric_opens_no_picture(pictures_index: Path, tmp_path: Path, lda_model: Path) -> None:
    folder = copied(pictures_index, tmp_path / "copy")
    query = copied(pictures_index / "photos", tmp_path / "queries") / "warm" / "1.png"
    succeeded(imgsearch("index", "photos", "--index", "fresh", "--model", lda_model, folder=folder))
    expected = succeeded(imgsearch("query", query, "-k", "99", "--index", "fresh", folder=folder))
    before = succeeded(imgsearch("query", query, "-k", "99", folder=folder))
    assert counts(imgsearch("index", "photos", "--model", "base", "--json", folder=folder)) == [0, 0, 0, 12, 0]

    for picture in (folder / "photos").rglob("*.*"):  # who opened them now would notice
        status = picture.stat()
        picture.write_bytes(bytes(status.st_size))
        os.utime(picture, ns=(status.st_atime_ns, status.st_mtime_ns))
    run = imgsearch("index", "--model", lda_model, "--json", folder=folder)
    assert counts(run) == [0, 0, 0, 12, 0]
    assert json.loads(run.stdout)["reprojected"] == 12
    first, second = run.stderr.decode().splitlines()
    assert re.fullmatch(r"re-projected 12 pictures with the metric of model, \d+\.\d s; no picture was opened", first)
    assert second.startswith(".imgsearch: 0 added, 0 updated, 0 removed, 12 unchanged; 12 pictures in the index, ")
    assert succeeded(imgsearch("query", query, "-k", "99", folder=folder)) == expected != before
    again = imgsearch("index", "--model", lda_model, "--json", folder=folder)
    assert counts(again) == [0, 0, 0, 12, 0] and json.loads(again.stdout)["reprojected"] == 0
    assert again.stderr.count(b"\n") == 1

    assert imgsearch("index", "--model", "base", folder=folder).returncode == 0
    assert succeeded(imgsearch("query", query, "-k", "99", folder=folder)) == before


@pytest.fixture(scope="module")
def slow_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two hundred names of one large picture, which takes some seconds to index and no room."""
    folder = tmp_path_factory.mktemp("slow")
    large = draw(folder / "large.png", 1, size=(900, 700))
    (folder / "photos").mkdir()
    for number in range(200):
        os.link(large, folder / "photos" / f"{number:03}.png")
    return folder


def committed(index: Path) -> int:
    try:
        return len(Index.open(index))
    except IndexFolderError:  # not yet made
        return 0


@pytest.mark.parametrize("stop", ["kill -9", "Ctrl-C"])
def test_indexing_that_is_stopped_keeps_its_work_and_is_completed_by_the_next_run(
    slow_pictures: Path, tmp_path: Path, stop: str
) -> None:
    index = tmp_path / "index"
    with started("index", "photos", "--index", index, folder=slow_pictures) as process:
        while process.poll() is None and not committed(index):
            time.sleep(0.002)
        if stop == "kill -9":
            process.kill()
        else:
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    kept = len(Index.open(index))
    assert 0 < kept < 200
    assert out == b""
    if stop == "Ctrl-C":
        assert process.returncode == 130
        summary, stopped = err.decode().splitlines()
        assert f"{kept} added" in summary and stopped.startswith("imgsearch: stopped; what was done is kept")

    assert counts(imgsearch("index", "photos", "--index", index, "--json", folder=slow_pictures)) == [
        200 - kept, 0, 0, kept, 0,
    ]  # fmt: skip
    everything = imgsearch("query", "large.png", "-k", "999", "--index", index, folder=slow_pictures)
    assert sorted(found(everything)) == [b"photos/%03d.png" % number for number in range(200)]
    assert {line.split(b"\t")[0] for line in everything.stdout.splitlines()} == {b"1.0000"}


def test_another_encoder_reads_all_again_beside_the_old_index_and_survives_kill_9(
    slow_pictures: Path, tmp_path: Path
) -> None:
    smaller = copy_model(load_model("base"), tmp_path / "smaller")
    write_info(smaller.folder, replace(smaller.info, name="smaller", input_size=48))
    index = tmp_path / "index"
    arguments: list[str | Path] = ["index", "--index", index, "--model", smaller.folder]
    succeeded(imgsearch("index", "photos", "--index", index, folder=slow_pictures))
    digest = Index.open(index).model_digest
    with started(*arguments, folder=slow_pictures) as process:
        while process.poll() is None and not committed(index / "next"):
            time.sleep(0.002)
        assert len(found(imgsearch("query", "large.png", "-k", "999", "--index", index, folder=slow_pictures))) == 200
        process.kill()
        _, err = process.communicate(timeout=60)
    assert err.decode() == (
        "smaller has another encoder: all pictures are read again, "
        "beside the old index, which answers until it is done\n"
    )
    assert Index.open(index).model_digest == digest

    plain = imgsearch("index", "--index", index, "--json", folder=slow_pictures)
    assert counts(plain) == [0, 0, 0, 200, 0]
    note = plain.stderr.decode().splitlines()[-1]
    assert "index/next: the change to the model smaller is not finished; go on with --model, or delete" in note
    kept = committed(index / "next")
    run = imgsearch(*arguments, "--json", folder=slow_pictures)
    assert counts(run) == [200 - kept, 0, 0, kept, 0]
    assert f"of which {kept} have been read before" in run.stderr.decode() and run.stderr.count(b"\n") == 2
    assert Index.open(index).model.info.name == "smaller"
    assert not (index / "next").exists()
    assert len(found(imgsearch("query", "large.png", "-k", "999", "--index", index, folder=slow_pictures))) == 200
