from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from imgsearch.errors import IndexFolderError
from imgsearch.index.lock import writer_lock

from .helpers import outcome, python

HOLD = """
import sys
from pathlib import Path
from imgsearch.index.lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_is_told_who_writes_and_a_dead_one_holds_nothing(tmp_path: Path) -> None:
    process = python(HOLD, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    message = f"is being written by process {process.pid}; wait for it to end"
    with pytest.raises(IndexFolderError, match=message), writer_lock(tmp_path):
        pass
    process.send_signal(signal.SIGKILL)
    outcome(process)
    with writer_lock(tmp_path):
        assert (tmp_path / "lock").read_text().strip() == str(os.getpid())


def test_the_same_process_locks_once_and_again_afterwards(tmp_path: Path) -> None:
    with (
        writer_lock(tmp_path),
        pytest.raises(IndexFolderError, match=f"process {os.getpid()};"),
        writer_lock(tmp_path),
    ):
        pass
    with writer_lock(tmp_path):
        pass


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(IndexFolderError, match="No such file"), writer_lock(tmp_path / "gone"):
        pass
