"""That a command is measured alone."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from tests.benchmarks.measured import run_measured

TAKE = "import sys; taken = b'x' * int(sys.argv[1]); print(len(taken)); sys.exit(3)"


def test_a_command_answers_with_its_exit_code_and_what_it_said(tmp_path: Path) -> None:
    measured = run_measured([sys.executable, "-c", TAKE, "7"], tmp_path)
    assert (measured.exit_code, measured.stdout, measured.stderr) == (3, "7\n", "")
    assert measured.cpu_seconds > 0 and 0 < measured.seconds < 60


def test_memory_counts_only_what_the_command_itself_takes(tmp_path: Path) -> None:
    much = np.ones(30_000_000)  # 240 MB, which belong to this process alone
    small = run_measured([sys.executable, "-c", TAKE, "7"], tmp_path).peak_bytes
    large = run_measured([sys.executable, "-c", TAKE, "200000000"], tmp_path).peak_bytes
    assert small < 100_000_000
    assert 200_000_000 < large < 300_000_000
    assert much.nbytes == 240_000_000
