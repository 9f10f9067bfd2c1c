"""What the end-to-end tests share."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

Finished = subprocess.CompletedProcess[bytes]


def refused(run: Finished, *said: str) -> str:
    """The one line that a user error comes to, which holds all that should be said; nothing else was printed."""
    line = run.stderr.decode()
    assert (run.returncode, run.stdout) == (2, b""), line
    assert line.startswith("imgsearch: ")
    assert line.count("\n") == 1 and line.endswith("\n"), line
    for words in said:
        assert words in line
    return line


def succeeded(run: Finished) -> bytes:
    """What a command that went well printed."""
    assert run.returncode == 0, run.stderr.decode()
    return run.stdout


def found(run: Finished) -> list[bytes]:
    """The paths of tab-separated matches, best first."""
    return [line.split(b"\t", 1)[1] for line in succeeded(run).splitlines()]


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder, byte for byte, but for the lock, which names the last process that wrote."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
    return {path.relative_to(folder): path.read_bytes() for path in files}


def copied(folder: Path, to: Path) -> Path:
    """A copy to play with, times included."""
    shutil.copytree(folder, to)
    return to


def started(*arguments: str | Path, folder: Path) -> subprocess.Popen[bytes]:
    """The real command, running; it takes Ctrl-C as in a terminal, even where the tests run in the background."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("IMGSEARCH_")}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "imgsearch", *arguments],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it touches nothing else
    )
