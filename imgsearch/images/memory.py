"""How much memory pictures may take: a share of this machine's, which threads that decode wait for."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path, PurePosixPath

from imgsearch.images.allocator import keep_little

MOST = 700_000_000
"""Bytes for pictures on a large machine: with all the rest of an indexing process, 1.5 GB are never exceeded."""

UNKNOWN = 8_000_000_000
"""Bytes of memory that are taken for granted where the system does not tell (Windows)."""


class Budget:
    """Bytes that all threads of the process share; whoever needs more than is left waits, in the order of asking."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._free = total
        self._changed = threading.Condition()
        self._queue = threading.Lock()
        self._alone = threading.RLock()
        self._thread = threading.local()

    @contextmanager
    def holding(self, amount: int) -> Iterator[None]:
        """A block of code in which this thread holds `amount` bytes, or all there are if that is less.

        Within another such block only the difference is taken. Of the threads that ask for more than they have, all
        but one must have nothing yet, or be `alone`, lest they wait for each other for ever.
        """
        held: int = getattr(self._thread, "held", 0)
        more = max(0, min(amount, self.total) - held)
        if held:
            self._take(more)
        else:
            with self._queue:  # or small pictures would slip past a large one for as long as there are any
                self._take(more)
        self._thread.held = held + more
        try:
            yield
        finally:
            self._thread.held = held
            with self._changed:
                self._free += more
                self._changed.notify_all()

    @contextmanager
    def alone(self, amount: int) -> Iterator[None]:
        """The same for threads that will ask for more, as they do not know yet what they need: they take turns."""
        with self._alone, self.holding(amount):
            yield

    def _take(self, amount: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._free >= amount)
            self._free -= amount


@cache
def budget() -> Budget:
    """The budget of this process: a quarter of the memory, at most `MOST`."""
    keep_little()  # or memory that was given back to the budget would still be taken
    return Budget(min(MOST, machine_memory() // 4))


def machine_memory(root: Path = Path("/")) -> int:
    """Bytes of memory that this process can have: the machine's, or its container's if that has less."""
    try:
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        machine = UNKNOWN
    return min([machine if machine > 0 else UNKNOWN, *_container_limits(root)])


def _container_limits(root: Path) -> Iterator[int]:
    """What Linux control groups allow, versions 1 and 2: the group of this process and all groups around it."""
    try:
        groups = (root / "proc/self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for group in groups:
        _, controllers, name = (group + "::").split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        base = root / ("sys/fs/cgroup/memory" if controllers else "sys/fs/cgroup")
        within = PurePosixPath(name.rstrip(":").lstrip("/"))
        for folder in (within, *within.parents):  # the last is the base: in a container the names are the host's
            file = base / folder / ("memory.limit_in_bytes" if controllers else "memory.max")
            try:
                yield int(file.read_text(encoding="ascii"))
            except (OSError, ValueError):  # no such group here, or "max"
                continue
