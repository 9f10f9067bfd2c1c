"""Work in threads beside the encoder: Pillow and ONNX Runtime release the interpreter lock, so both cores stay busy."""

from __future__ import annotations

import itertools
import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """How many threads of this process can run at a time."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def ordered_map(
    function: Callable[[Item], Result], items: Iterable[Item], *, threads: int, ahead: int = 256
) -> Generator[Result, None, None]:
    """`function` over `items` in threads: results in the order of the items, at most `ahead` of them waiting.

    With `ahead` 0 nothing is begun while the caller is busy with a result.
    """
    with ThreadPoolExecutor(max_workers=threads) as pool:
        waiting: deque[Future[Result]] = deque()
        source = iter(items)

        def begin(number: int) -> None:
            waiting.extend(pool.submit(function, item) for item in itertools.islice(source, number))

        try:
            begin(max(1, ahead))
            while waiting:
                result = waiting.popleft().result()
                begin(min(1, ahead))
                yield result
                begin(1 - min(1, ahead))
        finally:  # the consumer stopped early: what has not begun will not
            for future in waiting:
                future.cancel()


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of `size` items, the last one shorter."""
    source = iter(items)
    while batch := list(itertools.islice(source, size)):
        yield batch
