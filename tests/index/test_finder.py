from __future__ import annotations

import os
from pathlib import Path

import pytest

from imgsearch.index import Index, Match

from .helpers import Rows, add, clustered_rows, normalised, records

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
    assert "graph up to date" in reason(ready)
    assert graph_file(ready).stat().st_mtime_ns == before


def test_many_queries_take_the_loaded_graph_unasked_and_one_cold_query_does_not(ready: Index) -> None:
    searched(ready, "auto", QUERIES[:1])
    assert reason(ready).startswith("exact: 1 query over 1,000 × 16 numbers; forecast")
    assert ready.plan(1, "auto").method == "exact"
    assert ready.plan(1, "ann").method == "ann"


@pytest.mark.parametrize("how", ["deleted", "cut short", "empty"])
def test_a_graph_that_is_missing_is_built_again_when_asked_for(ready: Index, how: str) -> None:
    expected = searched(ready, "exact")
    whole = graph_file(ready).read_bytes()
    if how == "deleted":
        graph_file(ready).unlink()
    else:
        os.truncate(graph_file(ready), 0 if how == "empty" else len(whole) - 1)
    assert searched(ready, "auto") == expected
    assert searched(ready, "ann") == expected
    assert "forecast: building a graph" in reason(ready)
    assert graph_file(ready).read_bytes() == whole
    assert "graph up to date" in ready.plan(1, "ann").reason


@pytest.mark.parametrize("fresh", [True, False])
def test_a_graph_of_an_earlier_state_still_serves(ready: Index, fresh: bool) -> None:
    whole = graph_file(ready).read_bytes()
    if not fresh:
        searched(ready, "ann")  # the graph is in memory from now on
    for first in (COUNT, COUNT + 20):
        with ready.writer() as writer:
            writer.remove(f"{number:05}.jpg" for number in range(first - COUNT, first - COUNT + 10))
            writer.add(records(20, first=first), normalised(QUERIES + 0.01))
            writer.remove([f"{first:05}.jpg"])
        index = Index.open(ready.folder) if fresh else ready
        expected = searched(index, "exact")
        assert searched(index, "ann") == expected
        assert f"graph with {first + 20 - COUNT} newer pictures one by one" in reason(index)
    assert graph_file(ready).read_bytes() == whole


def test_a_graph_in_memory_is_dropped_when_the_index_is_compacted(ready: Index) -> None:
    searched(ready, "ann")
    former = ready.folder / "vectors.f32"
    content = former.read_bytes()
    with Index.open(ready.folder).writer() as writer:
        writer.remove(f"{number:05}.jpg" for number in range(0, COUNT, 3))
        assert writer.compact()
    former.write_bytes(content)  # as a reader finds it that looks between the commit and the tidying
    assert searched(ready, "ann") == searched(Index.open(ready.folder), "exact")


def test_a_graph_is_brought_up_to_date_where_that_pays_and_when_told_to(
    ready: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ready.writer() as writer:
        writer.add(records(30, first=COUNT), clustered_rows(COUNT, seed=1)[:30])
        writer.remove(["00003.jpg", "01003.jpg"])
    ready.build_graph()
    index = Index.open(ready.folder)
    expected = searched(index, "exact")
    assert searched(index, "ann") == expected
    assert "graph up to date" in reason(index)
    with ready.writer() as writer:
        writer.add(records(30, first=COUNT + 30), clustered_rows(COUNT, seed=2)[:30])
        writer.remove(["00004.jpg", "01004.jpg", "01034.jpg"])
    for name in ("GRAPH_ADD", "GRAPH_LOAD"):
        monkeypatch.setattr(f"imgsearch.index.planner.{name}", 0.0)
    index = Index.open(ready.folder)
    expected = searched(index, "exact")
    assert searched(index, "ann") == expected
    assert index.last_plan is not None and index.last_plan.build
    monkeypatch.undo()
    index = Index.open(ready.folder)
    expected = searched(index, "exact")
    assert searched(index, "ann") == expected
    assert "graph up to date" in reason(index)


def test_a_graph_lags_when_a_twentieth_came_or_went(ready: Index) -> None:
    assert not ready.graph_lags()
    with ready.writer() as writer:
        writer.add(records(30, first=COUNT), clustered_rows(COUNT, seed=1)[:30])
    assert not ready.graph_lags()
    with ready.writer() as writer:
        writer.remove(f"{number:05}.jpg" for number in range(30))
    assert ready.graph_lags()
    ready.build_graph()
    assert not ready.graph_lags()
    graph_file(ready).unlink()
    assert not ready.graph_lags()  # nobody wanted one since


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
    for name in ("GRAPH_LOAD", "GRAPH_QUERY"):
        monkeypatch.setattr(f"imgsearch.index.planner.{name}", 0.0)
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
