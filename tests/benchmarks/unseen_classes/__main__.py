"""Classes that training never saw, against published figures: trained from scratch by `imgsearch train`.

    python -m tests.benchmarks.unseen_classes cifar_fs --data FOLDER [--output DIR] [--json FILE] [-- TRAIN OPTIONS]

Or `fc100`, `omniglot`. FOLDER holds the zip files and `splits/`. Trains by the recipe of `recipes.py`, one network
after the other where it has several, with the options after `--` in addition, which win; what is best on the validation
classes is kept, and the last is tested once on the test classes. DIR keeps the pictures and the models: a stopped
training goes on, a finished one is tested without another. Exits with 1 where less than the required figure is reached.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from imgsearch.errors import UserError
from imgsearch.model import load_model
from tests.benchmarks.unseen_classes.recipes import RECIPES
from tests.benchmarks.unseen_classes.runs import found, train
from tests.benchmarks.unseen_classes.splits import SPLITS, Split
from tests.benchmarks.unseen_classes.trials import error_rate

# Required, goal, and what was published with this protocol: Lee et al. 2019, table 2 (ProtoNet, TADAM, MetaOptNet),
# Koch et al. 2015 (Siamese), Lake et al. 2015 (people, Bayesian program learning). RFS-distill (Tian et al. 2020) is
# recalled, and was not looked up again.
FIGURES: dict[str, dict[str, tuple[float, float, str]]] = {
    "cifar_fs": {
        "5_way_1_shot": (0.722, 0.739, "ProtoNet 72.2, RFS-distill 73.9"),
        "5_way_5_shot": (0.835, 0.869, "ProtoNet 83.5, RFS-distill 86.9"),
    },
    "fc100": {
        "5_way_1_shot": (0.411, 0.446, "MetaOptNet 41.1, RFS-distill 44.6"),
        "5_way_5_shot": (0.561, 0.609, "TADAM 56.1, RFS-distill 60.9"),
    },
    "omniglot": {
        "trials_error": (0.080, 0.033, "Siamese 8.0, people 4.5, Bayesian program learning 3.3"),
        "recall_at_1": (0.95, 0.98, ""),
    },
}
SMALLER_IS_BETTER = {"trials_error"}


def trained(name: str, split: Split, folder: Path, more: list[str]) -> dict[Path, list[str]]:
    """By their models, the commands of the recipe, one after the other; `more` is for those that train a network."""
    places = {stage: folder / ("" if stage == "model" else stage) / "model" for stage in RECIPES[name]}
    commands = {}
    for stage, options in RECIPES[name].items():
        filled = [option.format(**places) for option in options]
        commands[places[stage]] = train(split, places[stage], [*filled, *(() if "--metric" in options else more)])
    return commands


def tested(name: str, data: Path, split: Split, model: Path) -> dict[str, Any]:
    """All figures of the test classes, by name; an interval beside each accuracy of episodes."""
    figures = found(split.test, model, episodes=split.episodes)
    if name == "omniglot":
        figures["trials_error"] = error_rate(load_model(model), data / "omniglot-trials.zip")
    return figures


def reached(name: str, metric: str, value: float) -> str:
    """ "goal", "required" or "missed", or nothing where nothing is asked for."""
    if metric not in FIGURES[name]:
        return ""
    required, goal, _ = FIGURES[name][metric]
    sign = -1 if metric in SMALLER_IS_BETTER else 1
    return "goal" if sign * value > sign * goal else "required" if sign * value > sign * required else "missed"


def table(name: str, figures: dict[str, Any]) -> Iterator[str]:
    """A Markdown table, a line a figure."""
    yield f"| {name} | figure | 95 % | required | goal | | published |"
    yield "|---|---|---|---|---|---|---|"
    for metric, value in figures.items():
        if not metric.endswith("_interval"):
            required, goal, published = FIGURES[name].get(metric, ("", "", ""))
            low, high = figures.get(f"{metric}_interval", (None, None))
            interval = "" if low is None else f"{low:.4f}–{high:.4f}"
            cells = [metric, f"{value:.4f}", interval, required, goal, reached(name, metric, value), published]
            yield f"| {' | '.join(map(str, cells))} |"


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--data", type=Path, required=True, help="folder of the zip files")
    parser.add_argument("--output", type=Path, default=Path("unseen_classes"), help="keeps pictures and models")
    parser.add_argument("--json", type=Path)
    arguments = sys.argv[1:]
    end = arguments.index("--") if "--" in arguments else len(arguments)
    given = parser.parse_args(arguments[:end])
    folder = given.output / given.name
    try:
        split = SPLITS[given.name](given.data, folder)
        commands = trained(given.name, split, folder, arguments[end + 1 :])
        figures = tested(given.name, given.data, split, folder / "model")
    except UserError as error:
        parser.error(str(error))
    print(*table(given.name, figures), sep="\n")
    runs = []
    for model, command in commands.items():
        course = load_model(model).info.training.get("epochs", [])[1:]  # the first line is before training
        minutes = sum(epoch["seconds"] for epoch in course) / 60
        runs.append({"command": command, "minutes": minutes, "course": course})
        took = f"{len(course)} epochs in {minutes:.0f} minutes, {os.cpu_count()} cores: " if course else ""
        print(f"\n{took}{shlex.join(command)}")
    if given.json:
        kept = {"figures": figures, "cores": os.cpu_count(), "runs": runs}
        given.json.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    return int(any(reached(given.name, metric, figures[metric]) == "missed" for metric in FIGURES[given.name]))


if __name__ == "__main__":
    sys.exit(main())
