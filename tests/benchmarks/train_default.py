"""Does `imgsearch train FOLDER` help? Ten random halves of its classes: taught on one, measured on the other.

    python -m tests.benchmarks.train_default caltech50 [--model base] [--halves 10]

FOLDER is a folder of classes, or a zip file with one folder a class. The choice is that of `imgsearch train` without
torch (`--metric auto`): same comparison, same fit. Prints for each half what was chosen, map_at_r of the unseen classes
with the untouched model and with the chosen one, and the paired 95 % interval of the difference.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np

from imgsearch.metric.recipe import fit_recipe, parse_recipe
from imgsearch.metric.selection import score
from imgsearch.model import load_model
from imgsearch.retrieval.bootstrap import paired_interval
from imgsearch.workflows.compare import MOST_PICTURES, compare, most_of_each
from imgsearch.workflows.embedding import embed_files
from imgsearch.workflows.labelled import read_labelled


def main() -> None:
    parser = argparse.ArgumentParser(description="Does `imgsearch train FOLDER` help with unseen classes?")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="base")
    parser.add_argument("--halves", type=int, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder
        if folder.is_file():
            with zipfile.ZipFile(folder) as archive:
                archive.extractall(scratch)
            folder = Path(scratch)
        data = read_labelled(folder)
        embedded = embed_files(load_model(arguments.model), data.paths)
    classes = np.unique(data.rows(embedded.rows).classes, return_inverse=True)[1]
    print("half\tchosen\tuntouched\tchosen one\tgain\t95 %\tseconds")
    results = [half(embedded.embeddings, classes, number) for number in range(arguments.halves)]
    before, after = np.array(results).T
    print(
        f"mean map_at_r {before.mean():.4f} untouched, {after.mean():.4f} chosen, "
        f"{after.mean() / before.mean() - 1:+.1%}; "
        f"better in {(after > before).sum()} of {len(before)}, worse in {(after < before).sum()}"
    )


def half(embeddings: np.ndarray, classes: np.ndarray, seed: int) -> tuple[float, float]:
    """map_at_r of unseen classes, untouched and as chosen."""
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
    return before.mean, after.mean


if __name__ == "__main__":
    main()
