"""What a command takes, the process alone: its time, and its memory at the peak."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# A new process begins with the peak of the one that made it (on Linux even after `exec`). So that what a test process
# has taken by then does not count, a small one stands between.
BETWEEN = """
import json, os, subprocess, sys, time
began = time.perf_counter()
child = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(child.pid, 0)
seconds = time.perf_counter() - began
child.returncode = os.waitstatus_to_exitcode(status)
peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
with open(sys.argv[1], "w") as file:
    json.dump([child.returncode, seconds, usage.ru_utime + usage.ru_stime, peak], file)
"""


@dataclass(frozen=True)
class Measured:
    """One run of a command."""

    exit_code: int
    """Negative: the signal that ended it."""
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    """Resident memory."""
    stdout: str
    stderr: str


def run_measured(
    command: Sequence[str | Path], folder: Path, *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Measured:
    """Run a command to its end; what it says goes through files in `folder`, which leaves the clock alone."""
    report, stdout, stderr = (folder / name for name in ("measured.json", "stdout", "stderr"))
    report.unlink(missing_ok=True)
    with stdout.open("wb") as out, stderr.open("wb") as err:
        between = [sys.executable, "-I", "-S", "-c", BETWEEN, report, *command]
        subprocess.run(between, stdout=out, stderr=err, cwd=cwd, env=env, check=True)
    said = (file.read_text(encoding="utf-8", errors="replace") for file in (stdout, stderr))
    return Measured(*json.loads(report.read_text(encoding="utf-8")), *said)
