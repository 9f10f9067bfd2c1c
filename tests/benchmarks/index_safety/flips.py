"""Single-bit flips and truncations of every file of an index: no answer may become wrong, nothing may crash.

    python -m tests.benchmarks.index_safety.flips [--flips 1000] [--cuts 100] [--sample 20] [--seed 0] [--json FILE]

Five indexes of 300 pictures are harmed in turn, each time a fresh copy: one with a plain encoder; one with a linear
metric that it got later, so that its files are numbered; one with vectors of 4 KiB, which fill more than one block; one
whose change to another encoder is not finished; and one whose writer was killed amid a commit, so that SQLite's journal
has to lead back to the last state. All have removed pictures and a graph. The first half of the flips
falls on a file drawn uniformly, then on one of its bits; the second half on a bit drawn uniformly from all files
together. Truncations fall on a file drawn uniformly, at a length drawn uniformly. Then twenty queries are answered by a
scan and by the graph, in a process of their own, and the worst answer counts:

    harmless   what the undamaged index answers; "mended" where the damaged file was also made again on the way
    reported   the one line of a `UserError` with a remedy, for which the command's exit code is 2
    dropped    only right matches with right similarities, but some are missing; `index --check` has to find the damage
    WRONG      a path or a similarity that is not true
    CRASH      a traceback, a signal, or a minute without an answer

Of all copies, one in `sample` and all that dropped something are also queried by the real command, checked and
repaired: where the repair ends with exit code 0, the answers have to be those of the undamaged index again.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.benchmarks.index_safety.answering import Answerer, Answers
from tests.benchmarks.index_safety.command import done, finish, options, run
from tests.benchmarks.index_safety.harm import Damage, Victim, victims
from tests.benchmarks.index_safety.judge import judge

K = 10
CLASSES = ("harmless", "mended", "reported", "dropped", "WRONG", "CRASH")
"""From good to bad."""


@dataclass
class Figures:
    """Counts by series, file and class; what was found out about the sample; what must not be."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    sample: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def total(self, outcome: str) -> int:
        return sum(count for (_, _, one), count in self.counts.items() if one == outcome)

    def as_json(self) -> dict[str, Any]:
        counts = [[*key, count] for key, count in sorted(self.counts.items())]
        return {"counts": counts, "sample": dict(self.sample), "problems": self.problems}


def outcome(given: Answers, truths: Sequence[dict[str, float]]) -> tuple[str, str]:
    """The class of the worst answer, "harmless" to "CRASH", and what is to be said about it."""
    worst = ("harmless", "")
    for method, one in given.items():
        worst = max(worst, _outcome(method, one, truths), key=lambda found: CLASSES.index(found[0]))
    return worst


def _outcome(method: str, given: dict[str, Any], truths: Sequence[dict[str, float]]) -> tuple[str, str]:
    if "refused" in given:
        line = given["refused"]
        return ("reported" if "; " in line and "\n" not in line else "CRASH"), f"{method}: {line}"
    if "failed" in given:
        return "CRASH", f"{method}: {given['failed'].strip()[-400:]}"
    verdicts = [judge(matches, truth, K) for matches, truth in zip(given["answers"], truths, strict=True)]
    for verdict in verdicts:
        if verdict.wrong:
            return "WRONG", f"{method}: {verdict.wrong}"
    missing = sum(len(verdict.missing) for verdict in verdicts)
    return ("dropped", f"{method}: {missing} matches are missing") if missing else ("harmless", "")


class Proof:
    """Harms copies of the victims and holds their answers against the truth."""

    def __init__(self, folder: Path, pictures: int, queries: int, seed: int) -> None:
        self.folder = folder
        self.random = Random(seed)
        self.victims = victims(folder, pictures, seed)
        pool = self.victims[0].pool
        self.queries = self.random.sample(range(len(pool.files)), queries)
        self.answerer = Answerer([pool.files[number] for number in self.queries], K)
        self.figures = Figures()
        for victim in self.victims:
            found = outcome(self.answerer.ask(victim.copy(folder / "undamaged" / victim.name)), self.truths(victim))
            if found[0] != "harmless":
                self.figures.problems.append(f"{victim.name}, undamaged: {found}")

    def truths(self, victim: Victim) -> list[dict[str, float]]:
        return [victim.truth(query) for query in self.queries]

    def harm(self, series: str, number: int, *, sampled: bool) -> None:
        """Damage one copy and see what comes of it."""
        victim = self.victims[number % len(self.victims)]
        damage = victim.harmed(self.folder / "copy", self.random, series)
        content = damage.file.read_bytes()
        found, remark = outcome(self.answerer.ask(damage.root), self.truths(victim))
        if found == "harmless" and not damage.unmended(content):
            found = "mended"
        self.figures.counts[series, damage.kind, found] += 1
        if found in {"WRONG", "CRASH"}:
            self.figures.problems.append(f"{found}: {damage.what}: {remark}")
        elif sampled or found == "dropped":
            damage.file.write_bytes(content)
            self.by_command(victim, damage, found)
        shutil.rmtree(damage.root)

    def by_command(self, victim: Victim, damage: Damage, found: str) -> None:
        """Query, check and repair a damaged copy as a user would."""
        pictures = [str(victim.pool.files[number]) for number in self.queries]
        asked = run("query", *pictures, "-k", str(K), "--json", "--exact", folder=damage.root)
        self.note(
            "queried",
            outcome({"query": _read(asked.returncode, asked.stdout, asked.stderr)}, self.truths(victim)),
            damage,
        )
        checked = run("index", "--check", folder=damage.root)
        self.figures.sample[f"{found}, --check exits {checked.returncode}"] += 1
        if checked.returncode not in {0, 2} or (found in {"dropped", "reported"} and checked.returncode == 0):
            said = checked.stderr.decode().strip()[-300:]
            self.figures.problems.append(f"--check exits {checked.returncode} ({found}): {damage.what}: {said}")
        repaired = run("index", "--check", "--repair", folder=damage.root)
        how = "--repair"
        if repaired.returncode == 2:  # the model's copy can be made again from the model alone
            repaired = run("index", "--check", "--repair", "--model", victim.model.folder, folder=damage.root)
            how = "--repair --model"
        self.figures.sample[f"{damage.kind} ({found}), {how} exits {repaired.returncode}"] += 1
        if repaired.returncode not in {0, 2}:
            self.figures.problems.append(f"{how}: {damage.what}: {repaired.stderr.decode().strip()[-300:]}")
        after = outcome(self.answerer.ask(damage.root), self.truths(victim))
        if repaired.returncode == 0 and after[0] == "dropped":  # damaged rows of the catalogue can only be forgotten
            self.figures.sample["repaired, with entries to be read again by `index`"] += 1
            done("index", "photos", folder=damage.root)
            after = outcome(self.answerer.ask(damage.root), self.truths(victim))
        self.note("repaired", after, damage)
        if repaired.returncode == 0 and after[0] != "harmless":
            self.figures.problems.append(f"repaired, but {after}: {damage.what}")

    def note(self, when: str, found: tuple[str, str], damage: Damage) -> None:
        """Count an outcome of the sample."""
        self.figures.sample[f"{when}: {found[0]}"] += 1
        if found[0] in {"WRONG", "CRASH"}:
            self.figures.problems.append(f"{when}: {found[0]}: {damage.what}: {found[1]}")


def _read(code: int, out: bytes, err: bytes) -> dict[str, Any]:
    """What a query command said, as `answering` says it."""
    if code == 0:
        return {
            "answers": [[[match["path"], match["similarity"]] for match in one["matches"]] for one in json.loads(out)]
        }
    said = err.decode()
    if code == 2 and not out and said.count("\n") == 1:
        return {"refused": said.strip()}
    return {"failed": f"exit code {code}: {said}"}


def prove(
    folder: Path, flips: int, cuts: int, sample: int, pictures: int = 300, queries: int = 20, seed: int = 0
) -> Figures:
    """Harm so many copies."""
    proof = Proof(folder, pictures, queries, seed)
    series = ["file"] * (flips - flips // 2) + ["byte"] * (flips // 2) + ["cut"] * cuts
    for number, kind in enumerate(series):
        proof.harm(kind, number, sampled=number % sample == 0)
        if number % 100 == 99:
            print(f"{number + 1} of {len(series)}", file=sys.stderr, flush=True)
    proof.answerer.close()
    return proof.figures


def show(figures: Figures) -> None:
    """The tables."""
    print(f"{'':6} {'file':24}" + "".join(f"{name:>10}" for name in CLASSES))
    for series, kind in sorted({key[:2] for key in figures.counts}):
        print(f"{series:6} {kind:24}" + "".join(f"{figures.counts[series, kind, name]:10}" for name in CLASSES))
    print(f"{'':6} {'all':24}" + "".join(f"{figures.total(name):10}" for name in CLASSES))
    for what, count in sorted(figures.sample.items()):
        print(f"  {what}: {count}")
    for problem in figures.problems[:40]:
        print(f"! {problem}")


def main() -> int:
    """Harm, ask, print, judge."""
    chosen = options(__doc__, flips=1000, cuts=100, sample=20, seed=0)
    with tempfile.TemporaryDirectory() as name:
        figures = prove(Path(name).resolve(), chosen.flips, chosen.cuts, chosen.sample, seed=chosen.seed)
    show(figures)
    return finish(figures.as_json(), not figures.problems, chosen.json)


if __name__ == "__main__":
    sys.exit(main())
