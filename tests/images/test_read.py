from __future__ import annotations

import errno
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from imgsearch.errors import PictureError
from imgsearch.images import read as module
from imgsearch.images.memory import Budget, budget
from imgsearch.images.read import CHANGED, Content, content_hash, read_file, read_picture, reading


def test_content_comes_with_the_size_and_the_time_of_the_same_moment(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"abc")
    os.utime(file, ns=(1, 123_456_789_012_345_678))
    assert read_file(file) == Content(b"abc", 3, file.stat().st_mtime_ns)
    assert read_picture(file) == b"abc"
    with reading(str(file)) as content:
        assert content == read_file(file)


def test_what_is_no_ordinary_file_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo("pipe.jpg")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.jpg")
    (tmp_path / "device.jpg").symlink_to("/dev/zero")
    (tmp_path / "itself.jpg").symlink_to("itself.jpg")
    for name, reason in {
        "empty.jpg": "empty file",
        "folder.jpg": "a folder, not a picture",
        "pipe.jpg": "not an ordinary file",
        "socket.jpg": "not an ordinary file",
        "device.jpg": "not an ordinary file",
        "missing.jpg": "no such file",
        "itself.jpg": "cannot be read (Too many levels of symbolic links)",
        "a\0b.jpg": "cannot be read (embedded null byte)",
    }.items():
        for read in (read_file, read_picture):
            with pytest.raises(PictureError) as caught:
                read(name)
            assert caught.value.reason == reason
        with pytest.raises(PictureError), reading(name):
            pass


def test_a_pipe_that_takes_the_place_of_a_file_blocks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, pipe = tmp_path / "a.jpg", tmp_path / "pipe.jpg"
    file.write_bytes(b"abc")
    os.mkfifo(pipe)
    genuine = os.open
    monkeypatch.setattr(os, "open", lambda path, flags: genuine(pipe, flags))  # between looking and opening
    with pytest.raises(PictureError, match="not an ordinary file"):
        read_file(file)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"abc")
    file.chmod(0)
    with pytest.raises(PictureError, match="Permission denied"):
        read_file(file)


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.ESTALE])
def test_what_the_system_said_is_the_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    (tmp_path / "a.jpg").write_bytes(b"abc")

    def refuse(path: str, flags: int) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PictureError, match=os.strerror(number)) as caught:
        read_file(tmp_path / "a.jpg")
    assert isinstance(caught.value.__cause__, OSError) and caught.value.__cause__.errno == number


class Writer:
    """Does something to a file each time that it is looked at while it is open."""

    def __init__(self, file: Path, contents: list[bytes]) -> None:
        self.file, self.contents, self.genuine = file, contents, os.fstat

    def fstat(self, descriptor: int) -> os.stat_result:
        status = self.genuine(descriptor)
        if self.contents:
            self.file.write_bytes(self.contents.pop(0))
            os.utime(self.file, ns=(1, len(self.contents)))
        return status


@pytest.mark.parametrize("then", [b"", b"a", b"abcdef", b"xyz"], ids=["emptied", "shorter", "longer", "other"])
def test_a_file_that_changes_while_it_is_read_is_read_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: bytes
) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"abc")
    monkeypatch.setattr(os, "fstat", Writer(file, [then, b"the last"]).fstat)
    assert read_file(file) == Content(b"the last", 8, 0)


def test_a_file_that_keeps_changing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"a")
    monkeypatch.setattr(os, "fstat", Writer(file, [b"x" * length for length in range(2, 100)]).fstat)
    with pytest.raises(PictureError) as caught:
        read_file(file)
    assert caught.value.reason == CHANGED and caught.value.__cause__ is None


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    most = budget().total * 3 // 4
    with (tmp_path / "huge.png").open("wb") as stream:
        stream.truncate(most + 1)
    began = time.monotonic()
    with pytest.raises(PictureError, match=f"{most + 1:,} bytes, more than the {most:,} that there is memory for"):
        read_file(tmp_path / "huge.png")
    assert time.monotonic() - began < 0.5


def test_large_files_are_held_one_at_a_time_and_small_ones_pass_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGE", 10)
    shared = Budget(100)
    monkeypatch.setattr(module, "budget", lambda: shared)
    (tmp_path / "large").write_bytes(bytes(60))
    (tmp_path / "small").write_bytes(bytes(10))
    inside, most, passed = 0, 0, 0

    def work(name: str) -> None:
        nonlocal inside, most, passed
        with reading(tmp_path / name):
            if name == "small":
                passed += 1
                return
            inside += 1
            most = max(most, inside)
            with shared.holding(100):  # what decoding takes: all that there is, which must not wait for itself
                time.sleep(0.01)
            inside -= 1

    threads = [threading.Thread(target=work, args=(name,)) for name in ["large", "small"] * 8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert (most, passed) == (1, 8)


def test_the_hash_depends_on_the_content_alone() -> None:
    assert content_hash(b"a") == content_hash(b"a") != content_hash(b"b")
    assert len(content_hash(b"")) == 16
