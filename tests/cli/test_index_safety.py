"""An index cannot be broken: short forms of the proofs in `tests/benchmarks/index_safety`, and their judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.index_safety import concurrent, flips, full_disk, killed
from tests.benchmarks.index_safety.disk import LimitedFiles
from tests.benchmarks.index_safety.judge import judge

TRUTH = {"a.png": 0.9, "b.png": 0.5, "c.png": 0.5, "d.png": -0.2}


@pytest.mark.parametrize(
    ("matches", "k", "wrong", "missing"),
    [
        ([("a.png", 0.9), ("c.png", 0.500001)], 2, None, []),
        ([("a.png", 0.9), ("b.png", 0.5), ("c.png", 0.5), ("d.png", -0.2)], 9, None, []),
        ([("b.png", 0.5), ("c.png", 0.5)], 2, None, ["a.png"]),
        ([("a.png", 0.9)], 2, None, ["b.png", "c.png", "d.png"]),
        ([("a.png", 0.9), ("b.png", 0.5001)], 2, "has similarity", []),
        ([("a.png", float("nan"))], 1, "has similarity", []),
        ([("b.png", 0.5), ("a.png", 0.9)], 2, "stands too low", []),
        ([("a.png", 0.9), ("a.png", 0.9)], 2, "comes twice", []),
        ([("gone.png", 0.9)], 1, "is no picture", []),
        ([("a.png", 0.9), ("b.png", 0.5)], 1, "2 matches", []),
    ],
)
def test_the_judge_tells_wrong_answers_from_those_with_gaps(
    matches: list[tuple[str, float]], k: int, wrong: str | None, missing: list[str]
) -> None:
    verdict = judge(matches, TRUTH, k)
    assert (verdict.wrong is None) if wrong is None else (verdict.wrong is not None and wrong in verdict.wrong)
    assert verdict.missing == missing or not (verdict.missing or missing)
    assert verdict.right == (wrong is None and not missing)


@pytest.mark.slow
def test_kill_9_at_any_moment_loses_at_most_the_batch_in_flight(tmp_path: Path) -> None:
    figures = killed.prove(tmp_path, runs=6)
    assert figures.problems == []
    assert figures.killed == 6 and figures.killed_while_locked and figures.most_batches_encoded_again <= 1


@pytest.mark.slow
def test_no_flipped_bit_and_no_cut_gives_a_wrong_match_or_a_crash(tmp_path: Path) -> None:
    figures = flips.prove(tmp_path, flips=45, cuts=20, sample=33, pictures=60, queries=5)
    assert figures.problems == []
    assert sum(figures.total(outcome) for outcome in ("harmless", "mended", "reported", "dropped")) == 65
    assert figures.total("reported") or figures.total("dropped")


@pytest.mark.slow
def test_readers_beside_two_writers_get_exact_answers_of_committed_states(tmp_path: Path) -> None:
    figures = concurrent.prove(tmp_path, seconds=6)
    assert figures.problems == []
    assert figures.states > 3 and sum(figures.answers.values()) > 20


@pytest.mark.slow
def test_without_room_the_old_index_answers_and_with_room_the_work_is_completed(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    proof = full_disk.Proof(tmp_path, seed=0)
    proof.try_all(LimitedFiles(tmp_path / "files"), limits=3, works=["add"])
    assert proof.figures.problems == []
    assert proof.figures.counts["file size: add: one line, exit code 2"] >= 1
