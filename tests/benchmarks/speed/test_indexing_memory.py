from __future__ import annotations

from pathlib import Path

from imgsearch.index import Index
from tests.benchmarks.speed.indexing_memory import measure
from tests.benchmarks.speed.results import Setting


def test_simulated_pictures_are_really_indexed(tmp_path: Path) -> None:
    whole, growth = measure(Setting(tmp_path, runs=1, scale=0.0012))
    assert len(Index.open(tmp_path / "1200" / ".imgsearch")) == 1200
    assert whole.reached == "required" and growth.unit == "B"
