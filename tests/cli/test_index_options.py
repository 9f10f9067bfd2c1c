"""`imgsearch index`: lists of files, patterns, dry runs, and what is said of moved and missing pictures."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest

from imgsearch.cli.lists import read_lists
from imgsearch.errors import UserError
from imgsearch.index import Index

from ..conftest import draw, imgsearch
from .helpers import contents, refused, succeeded


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a/1.png to a/3.png, indexed with a/ as its source, and loose/4.png."""
    for number in range(1, 4):
        draw(tmp_path / "a" / f"{number}.png", number)
    draw(tmp_path / "loose" / "4.png", 4)
    succeeded(imgsearch("index", "a", folder=tmp_path))
    return tmp_path


def stored(folder: Path) -> set[str]:
    return set(Index.open(folder).records())


def test_lists_are_bytes_with_line_ends_of_any_system_and_with_nul(tmp_path: Path) -> None:
    unix, windows, nul = tmp_path / "unix", tmp_path / "windows", tmp_path / "nul"
    unix.write_bytes(b"a b.png\n\n  \ncaf\xe9.png\n no end")
    windows.write_bytes(b"\xef\xbb\xbfone.png\r\n\r\ntwo.png\r\n")
    nul.write_bytes(b"line\nbreak.png\0 \0\0end\r.png")
    assert read_lists([str(unix), str(windows)], [str(nul)]) == [
        "a b.png", os.fsdecode(b"caf\xe9.png"), " no end", "one.png", "two.png", "line\nbreak.png", " ", "end\r.png",
    ]  # fmt: skip
    assert read_lists([], []) is None
    (tmp_path / "empty").touch()
    assert read_lists([str(tmp_path / "empty")], []) == []
    with pytest.raises(UserError, match="nul: there are NUL bytes in it; read it by --files0-from"):
        read_lists([str(nul)], [])
    with pytest.raises(UserError, match="windows: there is no NUL byte in it; read it by --files-from"):
        read_lists([], [str(windows)])
    (tmp_path / "one").write_bytes(b"line\nbreak.png")
    assert read_lists([], [str(tmp_path / "one")]) == ["line\nbreak.png"]
    for missing in (tmp_path / "missing", tmp_path):
        with pytest.raises(UserError, match=r"--files0-from .*: cannot be read \(.*\); name a list of files, or -"):
            read_lists([], [str(missing)])
    with pytest.raises(UserError, match="standard input"):
        read_lists(["-"], ["-"])


def test_a_list_from_standard_input_is_done_and_what_is_missing_in_it_makes_exit_code_2(photos: Path) -> None:
    (photos / "here").mkdir()
    names = [b"../loose/4.png", b"../missing.png", b"../a/1.png"]
    command = [sys.executable, "-W", "error", "-m", "imgsearch", "index", "--files0-from", "-", "--json"]
    run = subprocess.run(command, cwd=photos / "here", input=b"\0".join(names), capture_output=True, check=False)
    assert run.returncode == 2
    report = json.loads(run.stdout)
    assert [report[name] for name in ("added", "unchanged", "missing")] == [1, 1, 1]
    told, summary = run.stderr.decode().splitlines()
    assert told == "imgsearch: ../missing.png: no such file"
    assert summary.startswith("../.imgsearch: 1 added, 0 updated, 0 removed, 1 unchanged, 1 missing; 4 pictures in the")
    assert "loose/4.png" in stored(photos)
    refused(imgsearch("index", "--files-from", "-", "--files-from", "-", folder=photos), "can be read once")


def test_a_slip_in_a_list_leaves_no_index_behind(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", 1)
    (tmp_path / "list").write_text("missing.png\n")
    refused(imgsearch("index", "--files-from", "list", folder=tmp_path), "no file of the list is there")
    assert not (tmp_path / ".imgsearch").exists()
    (tmp_path / "list").write_text("a.png\n")
    succeeded(imgsearch("index", "--files-from", "list", folder=tmp_path))
    assert stored(tmp_path) == {"a.png"}


def test_moved_pictures_are_counted_and_patterns_are_remembered(photos: Path) -> None:
    (photos / "a" / "1.png").rename(photos / "a" / "moved.png")
    run = imgsearch("index", "--exclude", "3.*", "--json", folder=photos)
    report = json.loads(succeeded(run))
    assert [report[name] for name in ("added", "moved", "removed", "unchanged")] == [0, 1, 1, 1]
    assert b"0 added, 0 updated, 1 moved, 1 removed, 1 unchanged" in run.stderr
    assert b"0 updated, 0 removed, 2 unchanged; 2 pictures" in imgsearch("index", folder=photos).stderr
    assert b"1 added" in imgsearch("index", "--exclude", "", folder=photos).stderr
    (photos / "a").rename(photos / "away")
    assert b"3 indexed pictures are kept" in imgsearch("index", "--no-prune", folder=photos).stderr
    assert b"3 removed" in imgsearch("index", "--prune", folder=photos).stderr


def test_a_dry_run_prints_what_would_be_done_and_does_nothing(photos: Path) -> None:
    odd = os.fsdecode(b"line\nbreak caf\xe9.png")
    draw(photos / "a" / odd, 9)
    os.utime(photos / "a" / "2.png", ns=(1, 1))
    (photos / "a" / "3.png").unlink()
    (photos / "list").write_text("../missing.png\n")
    before = contents(photos)
    with Index.open(photos).writer():  # the lock is another's
        run = imgsearch("index", "--dry-run", folder=photos / "loose")
    assert succeeded(run) == (b"add\t../a/line\nbreak caf\xe9.png\nread again\t../a/2.png\nremove\t../a/3.png\n")
    said = "dry run, nothing was done: 1 to add, 1 to read again, 1 to remove, 1 unchanged\n"
    assert run.stderr.decode() == said
    run = imgsearch("index", "../a", "--files-from", "../list", "--dry-run", "--json", folder=photos / "loose")
    assert run.returncode == 2 and b"../missing.png: no such file" in run.stderr
    told = json.loads(run.stdout)
    (added,) = told.pop("add")
    assert base64.b64decode(added["path_b64"]) == os.fsencode(f"../a/{odd}") and added["path"].startswith("../a/line\n")
    assert told == {
        "read_again": [{"path": "../a/2.png"}], "remove": [{"path": "../a/3.png"}], "unchanged": 1,
        "missing": [{"path": "../missing.png", "reason": "no such file"}],
    }  # fmt: skip
    assert contents(photos) == before


def test_a_dry_run_makes_no_index(tmp_path: Path) -> None:
    draw(tmp_path / "a" / "1.png", 1)
    assert succeeded(imgsearch("index", "a", "--dry-run", folder=tmp_path)) == b"add\ta/1.png\n"
    refused(imgsearch("index", "missing", "--dry-run", folder=tmp_path), "missing: no such folder")
    assert not (tmp_path / ".imgsearch").exists()


def test_a_limit_of_pixels_is_named_where_it_is_met(tmp_path: Path) -> None:
    draw(tmp_path / "a" / "1.png", 1, size=(200, 100))
    run = imgsearch("index", "a", "--max-pixels", "1000", folder=tmp_path)
    assert succeeded(run) == b"" and b"--max-pixels" in run.stderr and b"1 skipped" in run.stderr
    refused(imgsearch("index", "a", "--max-pixels", "0", folder=tmp_path), "--max-pixels")


def test_threads_and_batches_change_nothing_but_the_time(tmp_path: Path) -> None:
    for number in range(11):
        draw(tmp_path / "a" / f"{number:02}.png", number)
    (tmp_path / "a" / "05.png").write_bytes(b"broken")
    found = []
    for place, options in (
        ("one", ("--jobs", "1", "--batch-size", "1")),
        ("many", ("--jobs", "7", "--batch-size", "4")),
    ):
        run = imgsearch("index", "a", "--index", place, *options, "--device", "cpu", folder=tmp_path)
        assert b"10 added" in run.stderr and b"1 skipped" in run.stderr
        query = imgsearch("query", "a/03.png", "--index", place, "-k", "10", folder=tmp_path)
        found.append([line.split(b"\t")[1] for line in succeeded(query).splitlines()])
    assert found[0] == found[1] and len(found[0]) == 9


@pytest.mark.parametrize(
    ("option", "values"),
    [("--jobs", ["0", "-1", "257", "two"]), ("--batch-size", ["0", "-5", "4097", "1.5"]), ("--device", ["gpu", ""])],
)
def test_numbers_and_devices_that_make_no_sense_are_refused(tmp_path: Path, option: str, values: list[str]) -> None:
    draw(tmp_path / "a" / "1.png", 1)
    for value in values:
        refused(imgsearch("index", "a", option, value, folder=tmp_path), option)
    assert not (tmp_path / ".imgsearch").exists()


@pytest.mark.skipif("CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="there is CUDA here")
def test_cuda_that_is_not_there_is_told_before_an_index_is_made(tmp_path: Path) -> None:
    draw(tmp_path / "a" / "1.png", 1)
    refused(imgsearch("index", "a", "--device", "cuda", folder=tmp_path), "pip install onnxruntime-gpu")
    assert not (tmp_path / ".imgsearch").exists()
