from __future__ import annotations

import pytest

from imgsearch.index.planner import graph_seconds, plan, scan_seconds


def test_one_cold_query_scans_even_where_the_graph_is_ready() -> None:
    for count in (1000, 100_000, 1_000_000):
        assert plan(count, 256, 1, True, "auto").method == "exact"


def test_many_queries_over_many_vectors_take_the_graph_only_where_it_is_ready() -> None:
    assert plan(100_000, 256, 5000, True, "auto").method == "ann"
    unready = plan(100_000, 256, 5000, False, "auto")
    assert unready.method == "exact"
    assert "missing or outdated" in unready.reason


def test_a_loaded_graph_pays_sooner() -> None:
    assert plan(100_000, 256, 20, True, "auto").method == "exact"
    assert plan(100_000, 256, 20, True, "auto", graph_loaded=True).method == "ann"


def test_the_user_is_obeyed_but_an_empty_index_needs_no_graph() -> None:
    assert plan(100_000, 256, 5000, True, "exact").method == "exact"
    forced = plan(10, 256, 1, False, "ann")
    assert forced.method == "ann"
    assert "built first" in forced.reason
    assert plan(0, 256, 1, False, "ann").method == "exact"


def test_an_unknown_method_is_a_bug() -> None:
    with pytest.raises(ValueError, match="'hnsw', expected one of auto, exact, ann"):
        plan(10, 256, 1, False, "hnsw")


def test_the_forecasts_agree_with_what_was_measured() -> None:
    assert scan_seconds(100_000, 256, 1) == pytest.approx(0.023, rel=0.2)
    assert scan_seconds(100_000, 256, 1000) == pytest.approx(1.9, rel=0.2)
    # the design's whole processes: what nine hundred thousand more vectors cost by the scan
    assert scan_seconds(900_000, 128, 1) == pytest.approx(0.286 - 0.176, rel=0.2)
    assert graph_seconds(100_000, 256, 1000) > graph_seconds(100_000, 256, 1000, loaded=True)
