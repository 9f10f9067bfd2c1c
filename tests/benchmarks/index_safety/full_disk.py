"""`index` on a disk without room: exit code 2 and one line, the old index answers, and with room the work is completed.

    python -m tests.benchmarks.index_safety.full_disk [--limits 20] [--seed 0] [--json FILE]

Four commands are run on copies of an index, each at so many limits, from no room at all to more than enough: pictures
are added; most are removed, so that the index is compacted; it gets another linear metric; it gets another encoder.
Room is limited in two ways: by RLIMIT_FSIZE, which bounds the length of each file, and, where a tmpfs can be mounted,
by one of which all but so many bytes are taken.

The command either goes well or says one line with exit code 2. Then, still without room, the index has to hold all
pictures that it held and that still lie there, and the answers of `query`, by the scan and by the graph, have to be
exact for the pictures that it holds, with the similarities of before. With room again, the same command has to complete
the work. On a tmpfs that is read-only the index has to answer, and `index` has to say one line with exit code 2.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imgsearch.errors import IndexFolderError
from imgsearch.index import Index
from imgsearch.model import Model
from tests.benchmarks.index_safety.command import command, done, environment, finish, options
from tests.benchmarks.index_safety.disk import BeforeIt, LimitedFiles, SmallDisk, small_disk
from tests.benchmarks.index_safety.judge import EVERYTHING, judge
from tests.benchmarks.index_safety.pictures import Pool, small_model

PICTURES = 200
QUERIES = 3
WORKS = ("add", "remove", "metric", "encoder")
Finished = subprocess.CompletedProcess[bytes]
Place = LimitedFiles | SmallDisk


@dataclass
class Figures:
    """How the limited commands ended, by place; what must not be."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Work:
    """A command that needs room: the pictures as they lie now, and the model that the index is to have."""

    name: str
    photos: Path
    model: Model

    @property
    def arguments(self) -> list[str]:
        return ["index", "photos", "--model", str(self.model.folder)]


class Proof:
    """An index to copy, and work for the copies."""

    def __init__(self, folder: Path, seed: int) -> None:
        plain = small_model(folder / "plain")
        metric = small_model(folder / "metric", metric=1)
        other = small_model(folder / "other", seed=2)
        self.pool = Pool(folder / "pool", PICTURES + 100, [plain, metric, other], seed)
        self.old = folder / "old"
        lying = {"add": range(PICTURES + 100), "remove": range(PICTURES // 4)}
        self.works = {
            name: Work(name, self._lay(folder / name / "photos", lying.get(name, range(PICTURES))), model)
            for name, model in zip(WORKS, (plain, plain, metric, other), strict=True)
        }
        self._lay(self.old / "photos", range(PICTURES))
        done("index", "photos", "--model", plain.folder, folder=self.old)
        done("query", self.pool.files[0], "--ann", folder=self.old)
        self.figures = Figures()

    def _lay(self, folder: Path, numbers: Sequence[int]) -> Path:
        for number in numbers:
            self.pool.put(number, folder / f"{number:04}{self.pool.files[number].suffix}")
            os.utime(folder / f"{number:04}{self.pool.files[number].suffix}", (number, number))
        return folder

    def try_all(self, place: Place, limits: int, works: Sequence[str] = WORKS) -> None:
        """Works, by their names, at so many limits, closer together where there is little room."""
        content = sum(file.stat().st_size for file in (self.old / ".imgsearch").rglob("*"))
        for work in (self.works[name] for name in works):
            for step in range(limits):
                self.try_one(place, work, int(1.5 * content * (step / max(1, limits - 1)) ** 2))

    def try_one(self, place: Place, work: Work, room: int) -> None:
        """One work with that much room, and then with enough."""
        when = f"{place.name}, {work.name}, {room} bytes"
        root = self.copied(place.root, work)
        with place.limited(room) as before_it:
            ended = self.outcome(run(root, *work.arguments, before_it=before_it), when)
            self.compare(root, self.kept(work), when, before_it)
        self.figures.counts[f"{place.name}: {work.name}: {ended}"] += 1
        if self.outcome(run(root, *work.arguments), f"{when}, then with room") == "went well":
            self.compare(root, self.pool.lying_in(work.photos), f"{when}, then with room")

    def try_read_only(self, place: SmallDisk) -> None:
        """An index that cannot be written at all."""
        root = self.copied(place.root, self.works["add"])
        with place.read_only():
            ended = self.outcome(run(root, *self.works["add"].arguments), "read-only")
            self.figures.counts[f"{place.name}, read-only: {ended}"] += 1
            self.compare(root, self.pool.lying_in(self.old / "photos"), "read-only")

    def copied(self, root: Path, work: Work) -> Path:
        """The old index beside the pictures of that work, in a place that is emptied before."""
        shutil.rmtree(root / ".imgsearch", ignore_errors=True)
        (root / "photos").unlink(missing_ok=True)
        shutil.copytree(self.old / ".imgsearch", root / ".imgsearch")
        (root / "photos").symlink_to(work.photos)
        return root

    def kept(self, work: Work) -> dict[str, int]:
        """The pictures of the old index that still lie there."""
        return dict(self.pool.lying_in(self.old / "photos").items() & self.pool.lying_in(work.photos).items())

    def outcome(self, finished: Finished, when: str) -> str:
        """How a command ended; a problem where it was neither well nor with one line."""
        said = finished.stderr.decode()
        complaints = [line for line in said.splitlines() if line.startswith("imgsearch: ")]
        if finished.returncode == 0 and not complaints:
            return "went well"
        if finished.returncode == 2 and len(complaints) == 1 and "Traceback" not in said:
            return "one line, exit code 2"
        self.figures.problems.append(f"{when}: exit code {finished.returncode}: {said[-400:]}")
        return "WENT WRONG"

    def compare(self, root: Path, needed: dict[str, int], when: str, before_it: BeforeIt | None = None) -> None:
        """All needed pictures have to be in the index, and answers have to be exact for those that are."""
        try:
            index = Index.open(root)
            pictures, digest = self.pool.known(index), index.model_digest
        except IndexFolderError as error:
            self.figures.problems.append(f"{when}: {error}")
            return
        if lost := needed.items() - pictures.items():
            self.figures.problems.append(f"{when}: {len(lost)} pictures are lost")
        queries = [str(self.pool.files[number]) for number in range(QUERIES)]
        for method in ("--exact", "--ann"):
            asked = run(root, "query", *queries, "-k", str(EVERYTHING), "--json", method, before_it=before_it)
            if asked.returncode:
                self.figures.problems.append(f"{when}: query {method}: {asked.stderr.decode()[-400:]}")
                continue
            for number, answer in enumerate(json.loads(asked.stdout)):
                found = [(match["path"], match["similarity"]) for match in answer["matches"]]
                verdict = judge(found, self.pool.truth(digest, number, pictures), EVERYTHING)
                if not verdict.right:
                    self.figures.problems.append(f"{when}: query {method}: {verdict}")


def run(root: Path, *arguments: str, before_it: BeforeIt | None = None) -> Finished:
    """A command in `root`, with little room where `before_it` says so."""
    return subprocess.run(
        command(*arguments),
        cwd=root,
        env=environment(),
        capture_output=True,
        check=False,
        timeout=300,
        preexec_fn=before_it,
    )


def prove(folder: Path, limits: int, seed: int = 0) -> Figures:
    """All works in all places that there are here."""
    proof = Proof(folder, seed)
    (folder / "files").mkdir()
    proof.try_all(LimitedFiles(folder / "files"), limits)
    with small_disk(folder / "disk") as disk:
        if disk is None:
            proof.figures.counts["tmpfs: cannot be mounted here"] += 1
        else:
            proof.try_all(disk, limits)
            proof.try_read_only(disk)
    return proof.figures


def main() -> int:
    """Fill, look, print, judge."""
    chosen = options(__doc__, limits=20, seed=0)
    with tempfile.TemporaryDirectory() as name:
        figures = prove(Path(name).resolve(), chosen.limits, chosen.seed)
    for what, count in sorted(figures.counts.items()):
        print(f"{what:40} {count}")
    for problem in figures.problems[:20]:
        print(f"! {problem}")
    return finish(vars(figures), not figures.problems, chosen.json)


if __name__ == "__main__":
    sys.exit(main())
