from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from imgsearch.images.pipeline import batched, cores, ordered_map


def test_results_come_in_the_order_of_the_items_whichever_is_ready_first() -> None:
    def slow_first(number: int) -> int:
        time.sleep(0.02 if number == 0 else 0)
        return number * number

    assert list(ordered_map(slow_first, range(50), threads=4)) == [number * number for number in range(50)]


@pytest.mark.parametrize("ahead", [0, 1, 8])
def test_only_so_many_items_are_taken_ahead_of_the_consumer(ahead: int) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = ordered_map(lambda number: number, items(), threads=2, ahead=ahead)
    for number in range(20):
        assert next(results) == number
        assert len(taken) == number + 1 + ahead
    results.close()
    assert list(ordered_map(lambda number: number, range(9), threads=2, ahead=ahead)) == list(range(9))


def test_an_exception_reaches_the_consumer_in_its_turn() -> None:
    def fail_at_three(number: int) -> int:
        if number == 3:
            raise ValueError("three")
        return number

    results = ordered_map(fail_at_three, range(10), threads=2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)


def test_threads_end_when_the_consumer_stops_early() -> None:
    results = ordered_map(lambda number: number, range(1000), threads=3, ahead=4)
    next(results)
    results.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]


def test_batches_hold_all_items_and_the_last_one_is_shorter() -> None:
    assert list(batched(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(batched([], 3)) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process may use all cores")
def test_only_those_cores_count_that_the_process_may_use() -> None:
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert cores() == len(allowed)
