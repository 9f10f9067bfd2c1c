from __future__ import annotations

import os
from pathlib import Path

import pytest

from imgsearch.index import Index, Match

from .helpers import Rows, add, clustered_rows, records

Answers = list[list[Match]]
COUNT = 1000
QUERIES = clustered_rows(COUNT)[::50]


@pytest.fixture
def ready(index: Index) -> Index:
    """An index with a graph on the disk, newly opened."""
    add(index, clustered_rows(COUNT))
    index.build_graph()
    return Index.open(index.folder)


def reason(index: Index) -> str:
    assert index.last_plan is not None
    return f"{index.last_plan.method}: {index.last_plan.reason}"


def graph_file(index: Index) -> Path:
    return index.folder / "graph.hnsw"


def searched(index: Index, method: str, queries: Rows = QUERIES) -> Answers:
    return index.search(queries, 10, method=method)


def test_a_graph_that_is_ready_is_taken_and_answers_like_the_scan(ready: Index) -> None:
    before = graph_file(ready).stat().st_mtime_ns
    assert searched(ready, "ann") == searched(ready, "exact")
    searched(ready, "ann")
    assert "up to date" in reason(ready)
    assert graph_file(ready).stat().st_mtime_ns == before


def test_many_queries_take_the_loaded_graph_unasked_and_one_cold_query_does_not(ready: Index) -> None:
    searched(ready, "auto", QUERIES[:1])
    assert reason(ready).startswith("exact: 1 query over 1,000 vectors; forecast")
    assert ready.plan(1, "auto").method == "exact"
    assert ready.plan(1, "ann").method == "ann"


@pytest.mark.parametrize("how", ["deleted", "cut short", "empty", "of another state"])
def test_a_graph_that_is_missing_or_outdated_is_built_again_when_asked_for(ready: Index, how: str) -> None:
    expected = searched(ready, "exact")
    whole = graph_file(ready).read_bytes()
    if how == "deleted":
        graph_file(ready).unlink()
    elif how == "of another state":
        with ready.writer() as writer:
            writer.add(records(1, first=COUNT), -QUERIES[:1])
        expected = searched(ready, "exact")
    else:
        os.truncate(graph_file(ready), 0 if how == "empty" else len(whole) - 1)
    assert searched(ready, "auto") == expected
    assert searched(ready, "ann") == expected
    assert "missing or outdated, so it is built first" in reason(ready)
    assert (graph_file(ready).read_bytes() == whole) == (how != "of another state")
    assert "up to date" in ready.plan(1, "ann").reason


@pytest.mark.parametrize("place", [0, 8, 40, 96, 100, 5000, -1])
def test_a_graph_with_one_flipped_bit_is_never_loaded_but_built_again(ready: Index, place: int) -> None:
    expected = searched(ready, "exact")
    whole = graph_file(ready).read_bytes()
    damaged = bytearray(whole)
    damaged[place] ^= 4
    graph_file(ready).write_bytes(damaged)
    fresh = Index.open(ready.folder)
    assert searched(fresh, "ann") == expected
    assert "its file is damaged, so it is built again" in reason(fresh)
    assert graph_file(ready).read_bytes() == whole


def test_a_damaged_graph_makes_an_unasked_search_scan(ready: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    from imgsearch.index import planner

    monkeypatch.setattr(planner, "GRAPH_LOAD", 0.0)
    monkeypatch.setattr(planner, "GRAPH_QUERY", 0.0)
    expected = searched(ready, "exact")
    assert searched(ready, "auto") == expected
    assert reason(ready).startswith("ann: ")
    graph_file(ready).write_bytes(bytes(graph_file(ready).stat().st_size))
    fresh = Index.open(ready.folder)
    assert searched(fresh, "auto") == expected
    assert reason(fresh).startswith("exact: ")
    assert "damaged" in reason(fresh)


def test_building_when_all_is_well_changes_nothing_and_repairs_damage(ready: Index) -> None:
    whole, before = graph_file(ready).read_bytes(), graph_file(ready).stat().st_mtime_ns
    ready.build_graph()
    assert graph_file(ready).stat().st_mtime_ns == before
    graph_file(ready).write_bytes(b"x" * len(whole))
    Index.open(ready.folder).build_graph()
    assert graph_file(ready).read_bytes() == whole


def test_a_graph_that_cannot_be_saved_still_serves(index: Index) -> None:
    add(index, clustered_rows(COUNT))
    (index.folder / "graph.hnsw.part").mkdir()  # in the way
    assert searched(index, "ann") == searched(index, "exact")
    assert not graph_file(index).exists()
