"""Runs of a command that are killed at random moments."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

from tests.benchmarks.index_safety.command import command, environment

HANG_SECONDS = 300
"""A run that takes longer, however busy the machine, hangs."""
WITNESS = "tests.benchmarks.index_safety.witness"


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    killed: bool
    while_locked: bool
    """The moment of the kill was drawn from the time with the lock, not from the whole run."""
    error: str | None
    """What it said where it was neither killed nor went well."""


class Killer:
    """Runs commands that write an index, with a witness, and kills those that it shall at a random moment.

    The moment is drawn uniformly: for a quarter of the kills from the whole run, Python's start included, for the
    others from the time since the run took the writer's lock. How long that takes is known from earlier runs of a kind.
    """

    def __init__(self, root: Path, index: Path, journal: Path, random: Random) -> None:
        self.root = root
        self.lock = index / "lock"
        self.journal = journal
        self.random = random
        self._seconds: dict[tuple[str, bool], list[float]] = {}

    def kill(self, kind: str, arguments: list[str]) -> Ended:
        """Start a command and kill it, unless it has ended before."""
        locked = self.random.random() >= 0.25
        with self._started(arguments) as child:
            if locked:
                self._wait_for_lock(child)
            try:
                child.wait(1.1 * self.random.random() * median(self._seconds.get((kind, locked), [0.3])))
            except subprocess.TimeoutExpired:
                child.kill()
            _, said = child.communicate(timeout=HANG_SECONDS)
        return _ended(child.returncode, locked, said)

    def spare(self, kind: str, arguments: list[str]) -> Ended:
        """Run a command to its end, and learn how long it takes."""
        began = time.monotonic()
        with self._started(arguments) as child:
            self._wait_for_lock(child)
            locked = time.monotonic()
            _, said = child.communicate(timeout=HANG_SECONDS)
        self._seconds.setdefault((kind, False), []).append(time.monotonic() - began)
        self._seconds.setdefault((kind, True), []).append(time.monotonic() - locked)
        return _ended(child.returncode, False, said)

    def _started(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        whole = command(self.journal, *arguments, module=WITNESS)
        return subprocess.Popen(whole, cwd=self.root, env=environment(), stderr=subprocess.PIPE)

    def _wait_for_lock(self, child: subprocess.Popen[bytes]) -> None:
        while child.poll() is None and not (self.lock.exists() and self.lock.read_text().strip() == str(child.pid)):
            time.sleep(0.0005)


def _ended(code: int, locked: bool, said: bytes) -> Ended:
    killed = code == -signal.SIGKILL
    return Ended(killed, locked, None if killed or code == 0 else f"exit code {code}: {said.decode().strip()[-300:]}")
