"""Two writers and four readers at once: every answer has to be exact for a state that was committed.

    python -m tests.benchmarks.index_safety.concurrent [--seconds 60] [--seed 0] [--json FILE]

Two threads change a folder of pictures each and run `imgsearch index` over it, without waiting for each other: the one
that finds the lock taken is refused with exit code 2 and a line that names the holder, and tries again. At times half
of the pictures go, so that the index is compacted; at times a run gives the index another linear metric or another
encoder. Three readers ask without pause in processes of their own, by the scan, by the graph, and as the planner
chooses; the fourth runs the real command again and again. No reader may ever be refused.

How an answer is judged: every run of `index` has a witness that writes down each committed state, with two times of the
system's clock between which it was committed, while it still holds the lock (see `witness`); so all states are known,
in their order. A reader notes when it began to ask and when it had the answer. The right answers are the exact top k
over one of the states that were the last committed one at some moment in between; those of an earlier state are
"stale", and those of none are wrong.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.benchmarks.index_safety.command import ROOT, command, environment, finish, options, run
from tests.benchmarks.index_safety.judge import EVERYTHING
from tests.benchmarks.index_safety.killer import WITNESS
from tests.benchmarks.index_safety.pictures import Pool, small_model
from tests.benchmarks.index_safety.states import States, lines

ABOUT = 80
"""Pictures in each of the two folders."""
READER = "tests.benchmarks.index_safety.reader"


@dataclass
class Figures:
    """What came of it."""

    runs: Counter[str] = field(default_factory=Counter)
    states: int = 0
    models: int = 0
    compactions: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


class Proof:
    """The folders, the writers, and all that was said."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.seed = seed
        models = folder / "models"
        self.models = [small_model(models / "plain"), small_model(models / "metric", metric=1)]
        self.models.append(small_model(models / "other", seed=2, metric=3))
        self.pool = Pool(folder / "pool", 6 * ABOUT, self.models, seed)
        self.figures = Figures()
        self.stop = threading.Event()
        random = Random(seed)
        for source in ("a", "b"):
            self.pool.change(self.root / source, random, added=ABOUT, changed=0, about=ABOUT)
        self.index("a", "b", "--model", str(self.models[0].folder))

    def index(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """A run with a witness; all write into one journal, whose lines are in the order of the commits."""
        return run(self.folder / "journal", "index", *arguments, folder=self.root, module=WITNESS)

    def write(self, source: str) -> None:
        """What a writer does until it shall stop."""
        random = Random(f"{self.seed} {source}")
        while not self.stop.is_set():
            self.pool.change(self.root / source, random, added=20, changed=5, about=ABOUT)
            model = ["--model", str(random.choice(self.models).folder)] if random.random() < 0.4 else []
            while not self.stop.is_set():
                finished = self.index(source, *model)
                said = finished.stderr.decode()
                if finished.returncode == 2 and "is being written by" in said and said.count("\n") == 1:
                    named = re.search(r"by process \d+;", said)
                    self.figures.runs[f"refused by the lock, its holder {'' if named else 'not '}named"] += 1
                    continue
                self.figures.runs[f"exit code {finished.returncode}"] += 1
                if finished.returncode:
                    self.figures.problems.append(f"a writer: {said.strip()[-300:]}")
                break

    def read_by_command(self, file: Path) -> None:
        """What the fourth reader does, writing the lines that `reader` writes."""
        random = Random(self.seed)
        with file.open("w", encoding="utf-8") as journal:
            while not self.stop.is_set():
                query, k = random.randrange(len(self.pool.files)), random.choice([5, EVERYTHING])
                began = time.monotonic()
                finished = run("query", self.pool.files[query], "-k", str(k), "--json", folder=self.root)
                entry: dict[str, Any] = {"from": began, "to": time.monotonic(), "query": query, "k": k}
                if finished.returncode:
                    entry["error"] = f"exit code {finished.returncode}: {finished.stderr.decode()}"
                else:
                    (answer,) = json.loads(finished.stdout)
                    entry["matches"] = [[match["path"], match["similarity"]] for match in answer["matches"]]
                journal.write(json.dumps(entry) + "\n")

    def go_on_for(self, seconds: float) -> list[Path]:
        """Let them all work at once; the readers' journals."""
        methods = ("exact", "ann", "auto")
        journals = [self.folder / f"reader-{method}" for method in methods]
        threads = [threading.Thread(target=self.write, args=(source,)) for source in ("a", "b")]
        threads.append(threading.Thread(target=self.read_by_command, args=(self.folder / "reader-command",)))
        readers = []
        for method, journal in zip(methods, journals, strict=True):
            whole = command(str(seconds), method, self.root, self.folder / "pool", journal, module=READER)
            readers.append(subprocess.Popen(whole, cwd=ROOT, env=environment()))
        for thread in threads:
            thread.start()
        for reader in readers:
            if reader.wait(seconds + 60):
                self.figures.problems.append(f"a reader ended with exit code {reader.returncode}")
        self.stop.set()
        for thread in threads:
            thread.join()
        return [*journals, self.folder / "reader-command"]

    def judge_answers(self, journals: Sequence[Path]) -> None:
        """Hold each answer against the states that it can be of."""
        states = States(self.folder / "journal", self.pool)
        self.figures.states = len(states)
        self.figures.models = states.changes_of_model()
        self.figures.compactions = states.compactions()
        for journal in journals:
            for entry in lines(journal):
                found = states.judge(entry)
                self.figures.answers[f"{journal.name}: {found}"] += 1
                if found != "exact":
                    self.figures.problems.append(f"{journal.name}: {found}: {str(entry)[:400]}")


def prove(folder: Path, seconds: float, seed: int = 0) -> Figures:
    """Let them work for so long, and judge."""
    proof = Proof(folder, seed)
    proof.judge_answers(proof.go_on_for(seconds))
    if (last := run("index", "--check", folder=proof.root)).returncode:
        proof.figures.problems.append(f"--check afterwards: {last.stderr.decode().strip()[-300:]}")
    return proof.figures


def main() -> int:
    """Run, judge, print."""
    chosen = options(__doc__, seconds=60, seed=0)
    with tempfile.TemporaryDirectory() as name:
        figures = prove(Path(name).resolve(), chosen.seconds, chosen.seed)
    for name, counts in {"runs of index": figures.runs, "answers": figures.answers}.items():
        print(name)
        for what, count in sorted(counts.items()):
            print(f"  {what:36} {count}")
    changes = f"{figures.models} brought another model, {figures.compactions} compacted the index"
    print(f"committed states: {figures.states}, of which {changes}")
    for problem in figures.problems[:20]:
        print(f"! {problem}")
    return finish(vars(figures), not figures.problems, chosen.json)


if __name__ == "__main__":
    sys.exit(main())
