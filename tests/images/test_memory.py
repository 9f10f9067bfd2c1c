from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from imgsearch.images.memory import MOST, UNKNOWN, Budget, budget, machine_memory


def in_threads(*work: object) -> None:
    threads = [threading.Thread(target=one) for one in work]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads), "they wait for each other"


def test_threads_never_hold_more_than_there_is() -> None:
    shared, lock = Budget(100), threading.Lock()
    held = most = 0

    def work(amount: int) -> None:
        nonlocal held, most
        with shared.holding(amount):
            with lock:
                held += amount
                most = max(most, held)
            time.sleep(0.001)
            with lock:
                held -= amount

    amounts = np.random.default_rng(0).integers(1, 101, 60).tolist()
    in_threads(*(lambda amount=amount: work(amount) for amount in amounts))
    assert held == 0 and 50 < most <= 100


def test_a_request_for_more_than_everything_gets_everything() -> None:
    shared, order = Budget(100), []

    def greedy() -> None:
        with shared.holding(10**12):
            order.append("in")
            time.sleep(0.02)
            order.append("out")

    in_threads(greedy, greedy, greedy)
    assert order == ["in", "out"] * 3


def test_a_large_request_is_not_passed_over_for_ever() -> None:
    shared, stop, passed = Budget(100), threading.Event(), []

    def small() -> None:
        while not stop.is_set():
            with shared.holding(30):
                time.sleep(0.001)

    def large() -> None:
        time.sleep(0.02)
        with shared.holding(100):
            passed.append(True)
        stop.set()

    in_threads(small, small, small, large)
    assert passed


def test_within_a_block_only_the_difference_is_taken_and_all_comes_back() -> None:
    shared = Budget(100)
    for _ in range(3):
        with shared.holding(60), shared.holding(100), shared.holding(10), shared.holding(500):
            pass
        with pytest.raises(ZeroDivisionError), shared.holding(80), shared.holding(100):
            _ = 1 // 0
    with shared.holding(100):  # would wait for ever if anything had been lost
        pass


def test_the_budget_is_a_part_of_the_memory() -> None:
    assert budget() is budget()
    assert 0 < budget().total <= min(MOST, machine_memory() / 4)


def test_the_memory_of_the_machine_is_what_the_system_says() -> None:
    said = Path("/proc/meminfo")
    if not said.exists():
        pytest.skip("no Linux")
    total = int(said.read_text().split("MemTotal:")[1].split()[0]) * 1024
    assert machine_memory(Path("/nowhere")) == pytest.approx(total, rel=0.01)


def test_where_the_system_says_nothing_some_memory_is_taken_for_granted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf")
    assert machine_memory(Path("/nowhere")) == UNKNOWN


def machine(root: Path, groups: str, files: dict[str, str]) -> Path:
    for name, text in {"proc/self/cgroup": groups, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("groups", "files"),
    [
        ("0::/\n", {"sys/fs/cgroup/memory.max": "5000\n"}),
        ("0::/a/b\n", {"sys/fs/cgroup/a/memory.max": "5000", "sys/fs/cgroup/a/b/memory.max": "max\n"}),
        ("0::/a/b\n", {"sys/fs/cgroup/a/memory.max": "9000", "sys/fs/cgroup/a/b/memory.max": "5000"}),
        ("5:memory:/docker/x\n0::/\n", {"sys/fs/cgroup/memory/memory.limit_in_bytes": "5000\n"}),
        ("5:cpu,memory:/x\n", {"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "5000\n"}),
    ],
    ids=["2 in a container", "2 around", "2 nested", "1 in a container", "1 on the host"],
)
def test_a_containers_limit_counts(tmp_path: Path, groups: str, files: dict[str, str]) -> None:
    assert machine_memory(machine(tmp_path, groups, files)) == 5000


@pytest.mark.parametrize("groups", ["", "nonsense\n", "0::/\n", "3:cpu:/a\n0::/../..\n"])
def test_no_limit_is_no_limit(tmp_path: Path, groups: str) -> None:
    files = {"sys/fs/cgroup/memory.max": "max\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712"}
    assert machine_memory(machine(tmp_path, groups, files)) == machine_memory(Path("/nowhere"))
