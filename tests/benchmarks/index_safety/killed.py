"""Runs of `index` that are killed with SIGKILL, each followed by a run that is left alone: nothing may be lost.

    python -m tests.benchmarks.index_safety.killed [--runs 200] [--seed 0] [--json FILE]

Before each run pictures are added, changed, renamed, touched and removed, at times so many that the index is compacted;
some runs also give the index another linear metric or another encoder, and some make it from nothing. Most kills come
while the run holds the writer's lock, which is when it can do harm (see `killer`); a run that ended before its kill is
not counted.

Right after the kill the index, or a copy of it with all that lay about, is read through the public API: all pictures
committed before and still there have to be in it, and answers have to be exact. After the next run the index has to
hold the pictures of the folder, each once, and both runs together may have encoded (see `witness`) at most one batch
more than there was to encode, of a size that is drawn anew each time. Now and then `index --check` has to agree.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from imgsearch.encoder import BATCH_SIZE, Encoder
from imgsearch.errors import IndexFolderError
from imgsearch.index import Index
from imgsearch.model import Model, same_encoder
from tests.benchmarks.index_safety.command import finish, options, run
from tests.benchmarks.index_safety.judge import EVERYTHING, judge
from tests.benchmarks.index_safety.killer import Ended, Killer
from tests.benchmarks.index_safety.pictures import Pool, small_model
from tests.benchmarks.index_safety.states import lines

ABOUT = 160
"""Pictures in the folder."""

BATCH_SIZES = (BATCH_SIZE, BATCH_SIZE, 6, 50)
"""Drawn for each round: pictures that a killed run may have encoded in vain."""


@dataclass
class Figures:
    """What all runs came to; of the pictures that were lost, doubled or wrong, each is counted."""

    killed: int = 0
    killed_while_locked: int = 0
    killed_after_a_commit: int = 0
    ended_before: int = 0
    unreadable: int = 0
    lost: int = 0
    duplicated: int = 0
    wrong: int = 0
    refused: int = 0
    checks_failed: int = 0
    encoded_again: int = 0
    most_encoded_again: int = 0
    most_batches_encoded_again: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def note(self, kind: str, what: str) -> None:
        """One thing that must not be."""
        setattr(self, kind, getattr(self, kind) + 1)
        self.problems.append(f"{kind}: {what}")

    def count_again(self, kind: str, again: int, batch: int) -> None:
        """Pictures that a round encoded twice, where so many are a batch."""
        self.encoded_again += again
        self.most_encoded_again = max(self.most_encoded_again, again)
        self.most_batches_encoded_again = max(self.most_batches_encoded_again, again / batch)
        if again > batch:
            self.problems.append(f"{kind}: {again} pictures encoded again, in batches of {batch}")

    @property
    def kept(self) -> bool:
        return not self.problems


class Proof:
    """A folder of pictures, its index, and what went wrong with them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.index = self.root / ".imgsearch"
        self.journal = folder / "journal"
        models = folder / "models"
        self.models = [small_model(models / "plain"), small_model(models / "metric", metric=1)]
        self.models.append(small_model(models / "other", seed=2, metric=3))
        self.model = self.models[0]
        self.pool = Pool(folder / "pool", 4 * ABOUT, self.models, seed)
        self.random = Random(seed)
        self.figures = Figures()
        self.killer = Killer(self.root, self.index, self.journal, self.random)

    def round(self) -> None:
        """One run that is killed, one that is not, and what is to be said of them."""
        self.pool.change(self.root / "photos", self.random, added=50, changed=8, about=ABOUT)
        kind, model = self.drawn()
        if kind == "new":
            shutil.rmtree(self.index, ignore_errors=True)
        before = self.pool.known(Index.open(self.index)) if self.index.exists() else {}
        has = set(before.values()) if same_encoder(model, self.model) else set()
        there = self.pool.lying_in(self.root / "photos")
        batch = self.random.choice(BATCH_SIZES)
        arguments = ["index", "photos", "--model", str(model.folder), "--batch-size", str(batch)]
        self.journal.unlink(missing_ok=True)
        killed = self.killer.kill(kind, arguments)
        self.count(kind, killed)
        if killed.killed:
            self.look_at_the_leftovers(before, there)
        spared = self.killer.spare(kind, arguments)
        if spared.error:
            self.figures.note("refused", f"{kind}, the next run: {spared.error}")
            shutil.rmtree(self.index)
            return
        self.model = model
        self.compare(Index.open(self.index), there, f"{kind}, after the next run")
        again = sum(entry.get("encoded", 0) for entry in lines(self.journal)) - len(set(there.values()) - has)
        self.figures.count_again(kind, again, batch)
        if self.figures.killed % 10 == 0:
            self.check()

    def drawn(self) -> tuple[str, Model]:
        """What the next run does, and the model that the index has after it."""
        kind = self.random.choices(["pictures", "metric", "encoder", "new"], [14, 3, 2, 1])[0]
        others = [model for model in self.models if model is not self.model]
        alike = [model for model in others if same_encoder(model, self.model)]
        if kind == "metric" and alike:
            return kind, alike[0]
        if kind == "encoder":
            return kind, next(model for model in others if model not in alike)
        return ("new" if kind == "new" else "pictures"), self.model

    def check(self) -> None:
        """Nothing is damaged, says `index --check`."""
        checked = run("index", "--check", folder=self.root)
        if checked.returncode:
            self.figures.note("checks_failed", checked.stderr.decode().strip()[-300:])

    def count(self, kind: str, ended: Ended) -> None:
        """Count a run that was to be killed."""
        if ended.error:
            self.figures.note("refused", f"{kind}, the run to be killed: {ended.error}")
        if not ended.killed:
            self.figures.ended_before += 1
            return
        self.figures.killed += 1
        self.figures.killed_while_locked += ended.while_locked
        self.figures.kinds[kind] = self.figures.kinds.get(kind, 0) + 1

    def look_at_the_leftovers(self, before: dict[str, int], there: dict[str, int]) -> None:
        """Read what the killed run left, or a copy of it, so that the next run finds it untouched."""
        folder = self.index
        if not before and not (folder / "catalogue.sqlite").exists():
            return  # not made yet: nothing was committed
        if self.random.random() < 0.5:
            copy = self.folder / "copy" / ".imgsearch"
            shutil.rmtree(copy, ignore_errors=True)
            folder = Path(shutil.copytree(folder, copy))
        try:
            index = Index.open(folder)
            committed = self.pool.known(index)
        except IndexFolderError as error:
            self.figures.note("unreadable", str(error))
            return
        self.figures.killed_after_a_commit += committed != before
        for path, number in before.items():
            if there.get(path) == number != committed.get(path):
                self.figures.note("lost", f"{path}, which was committed before the killed run")
        self.compare(index, committed, "right after the kill")

    def compare(self, index: Index, pictures: dict[str, int], when: str) -> None:
        """Ask an index for all that it has: just these pictures have to come, with the right similarities."""
        queries = self.random.sample(range(len(self.pool.files)), 3)
        method = self.random.choice(["exact", "exact", "ann"])
        rows = Encoder(index.model).embed([self.pool.files[query] for query in queries])
        try:
            answers = index.search(rows, EVERYTHING, method=method)
        except IndexFolderError as error:
            self.figures.note("unreadable", f"{when}: {error}")
            return
        for query, matches in zip(queries, answers, strict=True):
            truth = self.pool.truth(index.model_digest, query, pictures)
            found = [(match.path.relative_to(index.root).as_posix(), match.similarity) for match in matches]
            verdict = judge(found, truth, EVERYTHING)
            if len({path for path, _ in found}) < len(found):
                self.figures.note("duplicated", f"{when}: {verdict.wrong}")
            elif verdict.wrong:
                self.figures.note("wrong", f"{when} ({method}): {verdict.wrong}")
            elif verdict.missing:
                self.figures.note("lost", f"{when} ({method}): {len(verdict.missing)} pictures do not come")


def prove(folder: Path, runs: int, seed: int = 0) -> Figures:
    """So many kills."""
    proof = Proof(folder, seed)
    while proof.figures.killed < runs:
        proof.round()
    return proof.figures


def main() -> int:
    """Kill, look, print, judge."""
    chosen = options(__doc__, runs=200, seed=0)
    with tempfile.TemporaryDirectory() as name:
        figures = prove(Path(name).resolve(), chosen.runs, chosen.seed)
    for what, figure in vars(figures).items():
        if what != "problems":
            print(f"{what.replace('_', ' '):24} {figure}")
    for problem in figures.problems[:20]:
        print(f"  {problem}")
    return finish(vars(figures), figures.kept, chosen.json)


if __name__ == "__main__":
    sys.exit(main())
