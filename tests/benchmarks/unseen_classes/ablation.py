"""What each choice for a recipe is worth: short trainings that differ in one thing, compared on the validation classes.

    python -m tests.benchmarks.unseen_classes.ablation cifar_fs --data FOLDER [--output DIR] [--json FILE] [--only ROW]

Start and rows are those of `recipes.py`; the test classes are not looked at. DIR keeps the models: what was stopped
goes on, and a finished row is not trained again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from imgsearch.errors import UserError
from imgsearch.model import load_model
from tests.benchmarks.unseen_classes.recipes import ABLATIONS, Ablation
from tests.benchmarks.unseen_classes.runs import found, train
from tests.benchmarks.unseen_classes.splits import SPLITS, Split, with_few


def row(ablation: Ablation, split: Split, folder: Path, tried: str) -> dict[str, Any]:
    """Train one variant of the start; its figures on the validation classes, its options and minutes."""
    start, model = (folder / "ablation" / it.replace(" ", "_").replace(",", "") / "model" for it in ("start", tried))
    options = [option.format(start=start) for option in ablation.rows[tried]]
    train(split, model, [*ablation.start, *options])
    figures = found(split.training, model, episodes=split.episodes, holdout=split.holdout)
    course = load_model(model).info.training["epochs"][1:]  # the first line is before training
    return {
        "figures": figures,
        "options": ablation.rows[tried],
        "minutes": sum(epoch["seconds"] for epoch in course) / 60,
    }


def table(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A Markdown table, a line a row."""
    metrics = [name for name in next(iter(rows.values()))["figures"] if not name.endswith("_interval")]
    yield f"| changed | {' | '.join(metrics)} | minutes | options |"
    yield "|---" * (len(metrics) + 3) + "|"
    for tried, row in rows.items():
        cells = [f"{row['figures'][metric]:.4f}" for metric in metrics]
        yield f"| {tried} | {' | '.join(cells)} | {row['minutes']:.0f} | {' '.join(row['options'])} |"


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=ABLATIONS)
    parser.add_argument("--data", type=Path, required=True, help="folder of the zip files")
    parser.add_argument("--output", type=Path, default=Path("unseen_classes"), help="keeps pictures and models")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", action="append", metavar="ROW", help="this row alone; can be given several times")
    given = parser.parse_args()
    ablation = ABLATIONS[given.name]
    folder = given.output / given.name
    rows: dict[str, dict[str, Any]] = {}
    try:
        for wrong in set(given.only or ()) - set(ablation.rows):
            raise UserError(f"no row {wrong!r}; there are {', '.join(map(repr, ablation.rows))}")
        split = SPLITS[ablation.split](given.data, given.output / ablation.split)
        if ablation.each is not None:
            split = with_few(split, folder / "training", ablation.each)
        for tried in given.only or ablation.rows:
            rows[tried] = row(ablation, split, folder, tried)
            if given.json:
                given.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    except UserError as error:
        parser.error(str(error))
    print(*table(rows), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
