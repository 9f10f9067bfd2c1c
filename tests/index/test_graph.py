from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from imgsearch.index.exact import scan
from imgsearch.index.graph import Graph

from .helpers import clustered_rows, unit_rows

Slots = np.ndarray[tuple[int], np.dtype[np.int64]]


def test_the_graph_finds_what_the_scan_finds() -> None:
    rows, queries = clustered_rows(3000, 32), clustered_rows(100, 32, seed=0)
    graph = Graph.build(rows, np.arange(3000))
    exact = scan(queries, rows, 10)
    found = graph.search(queries, 10)
    hits = [len(np.intersect1d(slots, near)) for near, (slots, _) in zip(found, exact, strict=True) if near is not None]
    ann_recall = sum(hits) / (10 * len(queries))
    assert ann_recall >= 0.99


def test_building_twice_gives_the_same_file(tmp_path: Path) -> None:
    rows = unit_rows(500, 8)
    for name in ("a", "b"):
        assert Graph.build(rows, np.arange(500)).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_labels_are_slots_and_holes_have_none() -> None:
    rows = unit_rows(100, 8)
    graph = Graph.build(rows, np.arange(0, 100, 2))
    (near,) = graph.search(rows[[3]], 50)
    assert near is not None
    assert sorted(near.tolist()) == list(range(0, 100, 2))


def test_more_than_there_are_can_be_asked_for_and_none_of_an_empty_graph() -> None:
    rows = unit_rows(5, 8)
    (near,) = Graph.build(rows, np.arange(5)).search(rows[:1], 500)
    assert near is not None
    assert sorted(near.tolist()) == [0, 1, 2, 3, 4]
    assert Graph.build(rows, np.arange(0)).search(rows[:2], 3) == [None, None]


def test_a_graph_survives_the_disk_under_any_name(tmp_path: Path) -> None:
    rows = unit_rows(300, 8)
    file = tmp_path / os.fsdecode(b"gr\xe4ph \xff.hnsw")
    graph = Graph.build(rows, np.arange(300))
    assert graph.save(file)
    again = Graph.load(file, 8)
    for first, second in zip(graph.search(rows[:9], 10), again.search(rows[:9], 10), strict=True):
        assert first is not None
        assert second is not None
        assert first.tolist() == second.tolist()


def test_a_query_that_reaches_too_few_is_none_and_spoils_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable:
        """hnswlib's answer to one query among many whose neighbours cannot be reached."""

        def set_ef(self, ef: int) -> None: ...

        def get_current_count(self) -> int:
            return 100

        def knn_query(self, queries: Slots, k: int) -> tuple[Slots, None]:
            if (queries[:, 0] < 0).any():
                raise RuntimeError("Cannot return the results in a contiguous 2D array. Probably ef or M is too small")
            return np.zeros((len(queries), k), dtype=np.int64), None

    queries = np.array([[1, 0], [-1, 0], [1, 0]], dtype=np.float32)
    answers = Graph(Unreachable(), 2).search(queries, 3)
    assert [answer is None for answer in answers] == [False, True, False]


def test_a_full_disk_is_noticed(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    assert not Graph.build(unit_rows(300, 8), np.arange(300)).save(Path("/dev/full"))
