from __future__ import annotations

import pytest

from imgsearch.index.planner import Plan, Ready, load_seconds, plan, scan_seconds

UP_TO_DATE, LOADED = Ready(0), Ready(0, loaded=True)


def auto(count: int, queries: int, ready: Ready | None) -> Plan:
    return plan(count, 256, queries, ready, "auto")


def test_one_cold_query_scans_even_where_the_graph_is_ready() -> None:
    for count in (1000, 100_000, 1_000_000):
        assert auto(count, 1, UP_TO_DATE).method == "exact"


def test_a_graph_is_taken_for_many_queries_over_many_vectors() -> None:
    assert auto(1_000_000, 5000, UP_TO_DATE) == Plan("ann", auto(1_000_000, 5000, UP_TO_DATE).reason)


def test_a_loaded_graph_pays_sooner() -> None:
    assert auto(1_000_000, 20, UP_TO_DATE).method == "exact"
    assert auto(1_000_000, 20, LOADED).method == "ann"


def test_a_graph_is_built_unasked_only_for_more_queries_than_that_takes() -> None:
    assert auto(1_000_000, 5000, None).method == "exact"
    plan_of_many = auto(1_000_000, 10_000_000, None)
    assert (plan_of_many.method, plan_of_many.build) == ("ann", True)


def test_newer_pictures_are_compared_one_by_one_until_they_are_so_many_that_adding_them_pays() -> None:
    few = plan(1_000_000, 256, 10, Ready(100), "ann")
    assert (few.method, few.build) == ("ann", False)
    assert "100 newer pictures" in few.reason
    many = plan(1_000_000, 256, 1_000_000, Ready(100_000), "ann")
    assert (many.method, many.build) == ("ann", True)


def test_the_user_is_obeyed_but_an_empty_index_needs_no_graph() -> None:
    assert plan(1_000_000, 256, 5000, UP_TO_DATE, "exact").method == "exact"
    forced = plan(10, 256, 1, None, "ann")
    assert (forced.method, forced.build) == ("ann", True)
    assert forced.reason.startswith("asked for; 1 query over 10 × 256 numbers; forecast: building a graph")
    assert plan(0, 256, 1, None, "ann").method == "exact"


def test_the_reason_forecasts_every_way_that_there_is() -> None:
    reason = auto(1_000_000, 100, Ready(7)).reason
    ways = ("exact scan ", "graph with 7 newer pictures one by one ", "graph brought up to date first ")
    assert all(way in reason for way in ways)


def test_an_unknown_method_is_a_bug() -> None:
    with pytest.raises(ValueError, match="'hnsw', expected one of auto, exact, ann"):
        plan(10, 256, 1, None, "hnsw")


def test_forecasts_grow_with_what_is_read_and_computed() -> None:
    assert scan_seconds(100_000, 256, 1) < scan_seconds(100_000, 256, 100) < 100 * scan_seconds(100_000, 256, 1)
    assert scan_seconds(1_000_000, 128, 1) == pytest.approx(5 * scan_seconds(100_000, 256, 1))
    assert load_seconds(1_000_000, 256) > load_seconds(1_000_000, 128)
