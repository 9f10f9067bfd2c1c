from __future__ import annotations

from pathlib import Path

from tests.benchmarks.speed.rescan import measure
from tests.benchmarks.speed.results import Setting


def test_a_small_re_scan_finds_all_unchanged(tmp_path: Path) -> None:
    (result,) = measure(Setting(tmp_path, runs=1, scale=0.012))
    assert result.measure == "re-scan of 1,200 unchanged files"
    assert (result.required, result.goal) == (2, 1.3) and result.ours > 0
