"""The short form of `tests.benchmarks.hostile_pictures`, and that it would see what it looks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import hostile_pictures
from tests.benchmarks.broken_pictures import MUTATIONS, make, sound_pictures
from tests.benchmarks.hostile_pictures import Outcome, one_by_one, run


@pytest.mark.slow
def test_hostile_pictures_are_indexed_or_skipped_in_bounded_memory_and_time(tmp_path: Path) -> None:
    outcome, became = run(tmp_path, pictures=60, seed=1, threads=4)
    assert outcome.pictures == len(became) == 60
    assert outcome.passed, outcome
    assert outcome.indexed > 5 and outcome.skipped > 20


def test_the_same_seed_breaks_the_same_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BOMBS", "SPECIAL"):
        monkeypatch.setattr(f"tests.benchmarks.broken_pictures.{name}", {})
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        make(tmp_path / name, 60, seed)
    contents = {name: {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in "abc"}
    assert contents["a"] == contents["b"] != contents["c"]
    assert len({file.split("-")[1].split(".")[0] for file in contents["a"]}) == len(MUTATIONS)


def test_hangs_and_crashes_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile_pictures, "LIMIT", 0.5)
    monkeypatch.setattr(hostile_pictures, "CLOCK_LIMIT", 2.0)
    worker = """
import os, sys, time
for line in sys.stdin.buffer:
    if line.endswith(b"/hang\\n"):
        time.sleep(60)
    if line.endswith(b"/crash\\n"):
        os.abort()
    print(0.6 if line.endswith(b"/busy\\n") else 0.1, "indexed", flush=True)
"""
    monkeypatch.setattr(hostile_pictures, "WORKER", worker)
    outcome = Outcome()
    became = one_by_one([tmp_path / name for name in ("a", "hang", "b", "crash", "busy")], outcome)
    assert became == {"a": "indexed", "hang": "", "b": "indexed", "crash": "", "busy": "indexed"}
    assert (outcome.hangs, outcome.crashes, outcome.passed) == (["hang", "busy"], ["crash"], False)


def test_too_much_memory_and_lost_files_fail() -> None:
    assert Outcome(peak_mb=1_500).passed
    assert not Outcome(peak_mb=1_501).passed
    assert not Outcome(lost=["a"]).passed


def test_pictures_that_nothing_was_done_to_are_sound(tmp_path: Path) -> None:
    import numpy as np

    from imgsearch.images.open import decode_picture

    sound = sound_pictures(np.random.default_rng(0))
    assert len(sound) > 25
    for suffix, content in sound:
        assert min(decode_picture(content, f"a{suffix}", side=96).size) > 10
