"""The states that were committed, as witnesses wrote them down, and which of them an answer can be of."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.benchmarks.index_safety.judge import judge
from tests.benchmarks.index_safety.pictures import Pool


@dataclass(frozen=True)
class State:
    """One committed state, and from when until when it can have been the last one."""

    since: float
    until: float
    model: str
    pictures: dict[str, int]
    slots: dict[str, int]


class States:
    """All states of an index, in their order."""

    def __init__(self, journal: Path, pool: Pool) -> None:
        self._pool = pool
        written = [line for line in lines(journal) if "pictures" in line]
        ends = [line["to"] for line in written[1:]] + [float("inf")]
        self._states = [self._state(line, end) for line, end in zip(written, ends, strict=True)]

    def __len__(self) -> int:
        return len(self._states)

    def changes_of_model(self) -> int:
        """How often another model came."""
        return sum(earlier.model != later.model for earlier, later in pairwise(self._states))

    def compactions(self) -> int:
        """How often pictures got other slots, and no other model."""
        return sum(earlier.model == later.model and _moved(earlier, later) for earlier, later in pairwise(self._states))

    def judge(self, entry: dict[str, Any]) -> str:
        """What an answer, as `reader` writes it, is worth: "exact", "stale", "WRONG" or "refused"."""
        if "error" in entry:
            return "refused"
        current = [state for state in self._states if state.since <= entry["to"] and state.until >= entry["from"]]
        if any(self._is_exact(entry, state) for state in current):
            return "exact"
        return "stale" if any(self._is_exact(entry, state) for state in self._states) else "WRONG"

    def _is_exact(self, entry: dict[str, Any], state: State) -> bool:
        truth = self._pool.truth(state.model, entry["query"], state.pictures)
        return judge(entry["matches"], truth, entry["k"]).right

    def _state(self, line: dict[str, Any], end: float) -> State:
        pictures = {path: self._pool.numbers[bytes.fromhex(digest)] for path, (digest, _) in line["pictures"].items()}
        slots = {path: slot for path, (_, slot) in line["pictures"].items()}
        return State(line["from"], end, line["model"], pictures, slots)


def _moved(earlier: State, later: State) -> bool:
    shared = earlier.pictures.items() & later.pictures.items()
    return any(earlier.slots[path] != later.slots[path] for path, _ in shared)


def lines(journal: Path) -> Iterator[dict[str, Any]]:
    """The entries of a file with a line of JSON each; one that was cut short by a kill is none."""
    with journal.open(encoding="utf-8") as stream:
        for line in stream:
            with contextlib.suppress(json.JSONDecodeError):
                yield json.loads(line)
