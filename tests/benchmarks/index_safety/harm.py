"""Indexes of different kinds, and damage done to copies of them."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from imgsearch.index import Index
from imgsearch.index.beside import begin
from imgsearch.model import Model
from imgsearch.workflows.indexing.update import update_index
from tests.benchmarks.index_safety.command import done, environment
from tests.benchmarks.index_safety.judge import EVERYTHING
from tests.benchmarks.index_safety.pictures import Pool, small_model


@dataclass(frozen=True)
class Damage:
    """What was done to one file of a copy."""

    root: Path
    """The folder that holds the damaged `.imgsearch` and the pictures."""
    file: Path
    what: str
    kind: str
    """The file's name in the index folder, without its number."""

    def unmended(self, content: bytes) -> bool:
        """Whether the file still has the damaged content."""
        return self.file.exists() and self.file.read_bytes() == content


class Victim:
    """An index of pictures of a pool, of which copies are harmed."""

    def __init__(self, name: str, root: Path, pool: Pool, model: Model, then: Callable[[Path], None]) -> None:
        self.name = name
        self.root = root
        self.pool = pool
        index = Index.open(root)
        self.pictures = pool.known(index)
        self.digest = index.model_digest
        then(root)
        self.files = sorted(path for path in index.folder.rglob("*") if path.is_file())
        self.contents = {file: file.read_bytes() for file in self.files}
        self.model = model

    def truth(self, query: int) -> dict[str, float]:
        """Stored path → similarity with that picture of the pool."""
        return self.pool.truth(self.digest, query, self.pictures)

    def copy(self, to: Path) -> Path:
        """A copy of the index beside the same pictures."""
        to.mkdir(parents=True)
        shutil.copytree(self.root / ".imgsearch", to / ".imgsearch")
        (to / "photos").symlink_to(self.root / "photos")
        return to

    def harmed(self, to: Path, random: Random, series: str) -> Damage:
        """A copy with one bit turned over ("file" or "byte" says what is drawn uniformly), or one file "cut" short."""
        sizes = {file: len(content) for file, content in self.contents.items() if content}
        weights = list(sizes.values()) if series == "byte" else None
        file = random.choices(list(sizes), weights)[0]
        place = random.randrange(sizes[file])
        root = self.copy(to)
        name = file.relative_to(self.root)
        content = bytearray(self.contents[file])
        if series == "cut":
            del content[place:]
            what = f"cut to {place} of {sizes[file]} bytes"
        else:
            bit = random.randrange(8)
            content[place] ^= 1 << bit
            what = f"bit {bit} of byte {place} of {sizes[file]}"
        (root / name).write_bytes(content)
        kind = re.sub(r"-\d+(?=/|\.f32|$)", "", name.relative_to(".imgsearch").as_posix())
        return Damage(root, root / name, f"{self.name}: {name.name}: {what}", kind)


KILLED_WHILE_COMMITTING = """
import os, signal, sys
from pathlib import Path
from imgsearch.index import Index

index = Index.open(Path(sys.argv[1]))
paths = list(index.known())
with index.writer() as writer, writer.together():
    writer._catalogue.connection.execute("PRAGMA cache_size=4")  # so that most of it is in the file before the commit
    for path in paths[::3]:
        writer.touch(path, 1, 1)
    writer.remove(paths[::4])
    os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_while_committing(root: Path) -> None:
    """Leave a catalogue that is half the new state and half the old, and the journal that leads back to the old one."""
    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_COMMITTING, root], env=environment(), check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (root / ".imgsearch" / "catalogue.sqlite-journal").stat().st_size > 0


def victims(folder: Path, count: int, seed: int) -> list[Victim]:
    """The five kinds of index that `flips` describes, with about `count` pictures each."""
    plain = small_model(folder / "plain")
    metric = small_model(folder / "metric", metric=1)
    wide = small_model(folder / "wide", 1024)
    other = small_model(folder / "other", seed=2)
    pool = Pool(folder / "pool", count + count // 10, [plain, metric, wide, other], seed)

    def unfinished(root: Path) -> None:
        index = Index.open(root)
        with index.writer():
            update_index(begin(index, other), [root / "photos"])

    def nothing(_: Path) -> None: ...

    kinds: dict[str, tuple[Model, Model, Callable[[Path], None], Callable[[Path], None]]] = {
        "plain": (plain, plain, nothing, nothing),
        "metric": (plain, metric, lambda root: _index(root, metric), nothing),
        "wide": (wide, wide, nothing, nothing),
        "unfinished": (plain, plain, unfinished, nothing),
        "killed": (plain, plain, nothing, kill_while_committing),
    }
    return [
        Victim(name, _made(folder / "indexes" / name, pool, count, first, change), pool, last, then)
        for name, (first, last, change, then) in kinds.items()
    ]


def _made(root: Path, pool: Pool, count: int, model: Model, change: Callable[[Path], None]) -> Path:
    """An index with holes and a graph."""
    for number in range(count + count // 10):
        pool.put(number, root / "photos" / f"{number:04}{pool.files[number].suffix}")
    _index(root, model)
    for number in range(0, count, 10):
        next((root / "photos").glob(f"{number:04}.*")).unlink()
    _index(root, model)
    change(root)
    done("query", pool.files[0], "--ann", "-k", str(EVERYTHING), folder=root)
    return root


def _index(root: Path, model: Model) -> None:
    done("index", "photos", "--model", model.folder, folder=root)
