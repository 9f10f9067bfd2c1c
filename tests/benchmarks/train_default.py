"""Does `imgsearch train FOLDER` help? Ten random halves of its classes: taught on one, measured on the other.

    python -m tests.benchmarks.train_default caltech50 [MORE …] [--classes 50] [--each 40] [--model base] [--halves 10]

Each collection is a folder of classes, or a zip file with one folder a class; of larger ones `--classes` are drawn,
and `--each` pictures of each. The choice is that of `imgsearch train` without torch (`--metric auto`): same comparison,
same fit. Prints for each half what was chosen, map_at_r of the unseen classes with the untouched model and with
the chosen one, and the paired 95 % interval of the difference. Exit code 1 where a choice made a half worse beyond that
interval, or the map_at_r of a collection is less than 8 % better on average, or better in less than nine
tenths of the halves.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.metric.recipe import fit_recipe, parse_recipe
from imgsearch.metric.selection import score
from imgsearch.model import load_model
from imgsearch.retrieval.bootstrap import paired_interval
from imgsearch.workflows.candidates import MOST_PICTURES, most_of_each
from imgsearch.workflows.compare import compare
from imgsearch.workflows.embedding import embed_files
from imgsearch.workflows.labelled import Labelled, read_labelled

WANTED_GAIN, WANTED_WINS = 0.08, 0.9


@dataclass(frozen=True)
class Half:
    """map_at_r of unseen classes, untouched and as chosen, and where the difference lies."""

    before: float
    after: float
    interval: tuple[float, float]


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description="Does `imgsearch train FOLDER` help with unseen classes?")
    parser.add_argument("collections", type=Path, nargs="+")
    parser.add_argument("--classes", type=int)
    parser.add_argument("--each", type=int)
    parser.add_argument("--model", default="base")
    parser.add_argument("--halves", type=int, default=10)
    arguments = parser.parse_args()
    missed = []
    for collection in arguments.collections:
        embeddings, classes = embedded(collection, arguments.model, arguments.classes, arguments.each)
        print(f"{collection.stem}: {len(classes):,} pictures of {classes.max() + 1} classes")
        print("half\tchosen\tuntouched\tchosen one\tgain\t95 %\tseconds", flush=True)
        halves = [half(embeddings, classes, number) for number in range(arguments.halves)]
        said, well = verdict(halves)
        print(f"{collection.stem}: {said}\n", flush=True)
        missed += [] if well else [collection.stem]
    if missed:
        print(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


def embedded(
    collection: Path, model: str, classes: int | None, each: int | None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Embeddings (n, d) and classes (n,) of a collection."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = collection
        if folder.is_file():
            with zipfile.ZipFile(folder) as archive:
                archive.extractall(scratch)
            folder = Path(scratch)
        data = drawn(read_labelled(folder), classes, each)
        found = embed_files(load_model(model), data.paths)
    return found.embeddings, np.unique(data.rows(found.rows).classes, return_inverse=True)[1].astype(np.int64)


def drawn(data: Labelled, classes: int | None, each: int | None, seed: int = 0) -> Labelled:
    """So many classes of a collection, and so many pictures of each; None: all."""
    rng = np.random.default_rng(seed)
    names = np.array(data.classes)
    kept = rng.permutation(np.unique(names))[:classes]
    rows = [rng.permutation(np.flatnonzero(names == name))[:each] for name in np.sort(kept)]
    return data.rows(np.sort(np.concatenate(rows)).tolist())


def half(embeddings: NDArray[np.float32], classes: NDArray[np.int64], seed: int) -> Half:
    """Teach with one half of the classes, measure on the other."""
    names = np.random.default_rng(seed).permutation(classes.max() + 1)
    taught = np.isin(classes, names[: len(names) // 2])
    labels = np.unique(classes[taught], return_inverse=True)[1].astype(np.int64)
    began = time.perf_counter()
    few = most_of_each(labels, MOST_PICTURES)
    comparison = compare(embeddings[taught][few], labels[few])
    metric = None
    if comparison.chosen is not None:
        metric = fit_recipe(parse_recipe(comparison.chosen), embeddings[taught], labels)
    seconds = time.perf_counter() - began
    unseen = np.unique(classes[~taught], return_inverse=True)[1]
    count = int(unseen.max()) + 1
    before = score(embeddings[~taught], unseen, count)["map_at_r"]
    after = score(embeddings[~taught], unseen, count, metric)["map_at_r"]
    low, high = paired_interval(after, before)
    chosen = comparison.chosen or "as it is"
    print(
        f"{seed}\t{chosen}\t{before.mean:.4f}\t{after.mean:.4f}\t{after.mean / before.mean - 1:+.1%}"
        f"\t{low:+.4f} to {high:+.4f}\t{seconds:.1f}",
        flush=True,
    )
    return Half(before.mean, after.mean, (low, high))


def verdict(halves: list[Half]) -> tuple[str, bool]:
    """In a sentence, and whether it is what was to be reached."""
    before, after = np.array([[one.before, one.after] for one in halves]).T
    better, worse = int((after > before).sum()), int((after < before).sum())
    beyond = sum(one.interval[1] < 0 for one in halves)
    gain = after.mean() / before.mean() - 1
    said = (
        f"mean map_at_r {before.mean():.4f} untouched, {after.mean():.4f} chosen, {gain:+.1%}; "
        f"better in {better} of {len(halves)}, worse in {worse}, beyond noise in {beyond}"
    )
    return said, beyond == 0 and bool(gain >= WANTED_GAIN) and better >= WANTED_WINS * len(halves)


if __name__ == "__main__":
    sys.exit(main())
