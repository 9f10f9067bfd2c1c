"""How well the embedded model finds pictures of the same class, on collections that it was not trained on.

    python -m tests.benchmarks.embedded_model --data FOLDER [--model DIR]… [--previous DIR] [--only NAME]…
        [--pictures N] [--json FILE]

FOLDER holds the zip files. Leave-one-out recall_at_1 / map_at_r of each model, of the version before it, of the same
network untrained, of the two trivial baselines and of chance. A figure with an asterisk is of a model that was trained
on some of those very pictures, as the final model on the held-out classes: measure the variant without them there.
Exits with 1 where the first model misses what is required of it on `caltech50`, or a baseline is better anywhere.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.model import Model
from imgsearch.retrieval import chance, evaluate
from imgsearch.workflows.embedding import Embedded, embed_files
from imgsearch.workflows.evaluation.baseline_store import BASELINES, BaselineStore
from imgsearch.workflows.labelled import Labelled
from imgsearch.workflows.model_cache import find_model
from tests.benchmarks.embedded_model.rivals import previous, untrained
from tests.benchmarks.embedded_model.unseen import COLLECTIONS

REQUIRED = {"caltech50": {"recall_at_1": 0.55, "map_at_r": 0.22}}
GOAL = {"caltech50": {"recall_at_1": 0.70, "map_at_r": 0.35}}
SHOWN = ("recall_at_1", "map_at_r")


def measure(models: Mapping[str, Model], data: Labelled) -> dict[str, Any]:
    """Retrieval metrics by name of the model or baseline; which of the pictures were seen in training."""
    metrics: dict[str, dict[str, float]] = {}
    seen: dict[str, int] = {}
    baselines: dict[str, dict[str, float]] = {}
    for name, model in models.items():
        embedded = embed_files(model, data.paths)
        labels = np.unique([data.classes[row] for row in embedded.rows], return_inverse=True)[1]
        metrics[name] = evaluate(model.project(embedded.embeddings), labels).metrics
        trained = model.training_hashes()
        seen[name] = sum(digest[:8] in trained for digest in embedded.hashes)
        if not baselines:
            baselines = {key: evaluate(rows, labels).metrics for key, rows in described(data, embedded).items()}
            baselines["chance"] = chance(labels)
    counts = {"classes": len(set(data.classes)), "pictures": len(data.paths)}
    return {**counts, "metrics": {**metrics, **baselines}, "seen": {name: n for name, n in seen.items() if n}}


def described(data: Labelled, embedded: Embedded) -> dict[str, NDArray[np.float32]]:
    """The trivial descriptors of all pictures that were embedded."""
    paths = [data.paths[row] for row in embedded.rows]
    with tempfile.TemporaryDirectory() as folder:
        features, _ = BaselineStore(Path(folder)).features(paths, embedded.hashes)
    return features


def missed(name: str, figures: Mapping[str, Any], model: str) -> list[str]:
    """A line for each demand that the model does not meet on one collection."""
    lines = []
    ours = figures["metrics"][model]
    for metric in SHOWN:
        required = REQUIRED.get(name, {}).get(metric, 0)
        if ours[metric] < required:
            lines.append(f"{name}: {metric} {ours[metric]:.4f} is less than the {required} that are required")
        better = [baseline for baseline in BASELINES if figures["metrics"][baseline][metric] > ours[metric]]
        lines += [f"{name}: {baseline} has the better {metric}" for baseline in better]
    return lines


def short_of_goal(name: str, figures: Mapping[str, Any], model: str) -> list[str]:
    """A line for each figure of one collection that is below the goal, which is more than what is required."""
    ours, goals = figures["metrics"][model], GOAL.get(name, {})
    return [f"{name}: {metric} {ours[metric]:.4f} of {goal}" for metric, goal in goals.items() if ours[metric] < goal]


def row(figures: Mapping[str, Any], names: list[str]) -> list[str]:
    """One line of the table."""
    cells = [f"{figures['classes']:,} × {figures['pictures']:,}"]
    for name in names:
        values = figures["metrics"][name]
        mark = "*" if name in figures["seen"] else ""
        cells.append(" / ".join(f"{values[metric]:.4f}" for metric in SHOWN) + mark)
    return cells


def gather(given: argparse.Namespace, scratch: Path) -> dict[str, Model]:
    """All models to be measured, by the name of their column."""
    models = {str(name): find_model(name) for name in given.model or ["base"]}
    first = next(iter(models.values()))
    before = previous(scratch / "previous") if given.previous is None else None
    if given.previous not in {None, "none"}:
        before = find_model(given.previous)
    if before is not None:
        models["previous"] = before
    elif given.previous is None:
        print("no previous version is known; name one by --previous", file=sys.stderr)
    random = untrained(first, scratch / "untrained")
    return models if random is None else {**models, "untrained": random}


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the zip files")
    parser.add_argument("--model", action="append", help="model to measure, `base` by default; repeatable")
    parser.add_argument("--previous", help="version before it; by default from git; `none`: do without")
    parser.add_argument("--only", action="append", choices=COLLECTIONS, help="measure on this alone; repeatable")
    parser.add_argument("--pictures", type=int, help="at most about so many of a collection, for a quick look")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        try:
            models = gather(given, Path(scratch))
            names = [*models, *BASELINES, "chance"]
            print("recall_at_1 / map_at_r", "classes × pictures", *names, sep="\t")
            for name in given.only or COLLECTIONS:
                data = COLLECTIONS[name](given.data, Path(scratch) / name)
                if given.pictures:
                    data = data.at_most(max(2, given.pictures // len(set(data.classes))))
                results[name] = measure(models, data)
                print(name, *row(results[name], names), sep="\t", flush=True)
        except UserError as error:
            parser.error(str(error))
    for name, figures in results.items():
        for model, count in figures["seen"].items():
            print(f"* {model} was trained on {count:,} of the {figures['pictures']:,} pictures of {name}")
    if given.json:
        given.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    first = next(iter(models))
    lines = [line for name, figures in results.items() for line in missed(name, figures, first)]
    below = [line for name, figures in results.items() for line in short_of_goal(name, figures, first)]
    for line in [*(f"missed: {line}" for line in lines), *(f"goal not reached: {line}" for line in below)]:
        print(line)
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
