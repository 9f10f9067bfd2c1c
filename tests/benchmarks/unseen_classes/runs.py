"""One training and what it finds, by imgsearch's own commands."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from imgsearch.errors import UserError
from tests.benchmarks.unseen_classes.splits import Split

EPISODES = ("--way", "5", "--shot", "1,5", "--episodes", "2000")


def train(split: Split, model: Path, options: list[str]) -> list[str]:
    """Train, or go on with it, unless the model is there already; the command that makes it.

    Raises:
        UserError: what is there was begun with other options, or the training failed.
    """
    begun = model.with_name("options.txt")
    begun.parent.mkdir(parents=True, exist_ok=True)
    if begun.exists() and shlex.split(begun.read_text(encoding="utf-8")) != options:
        raise UserError(f"{begun}: the model beside it was begun with other options; give another --output")
    begun.write_text(shlex.join(options) + "\n", encoding="utf-8")
    command = ["imgsearch", "train", str(split.training), "-o", str(model), "--split", split.holdout, *options]
    if not model.exists():
        stopped = model.with_name(model.name + ".part").exists() and "--metric" not in options  # which starts anew
        resumed = ["--resume"] if stopped else []
        _run([*command, *resumed])
    return command


def found(pictures: Path, model: Path, *, episodes: bool, holdout: str | None = None) -> dict[str, Any]:
    """How well the classes of a folder, or those held out of it, are found; by name, a list for an interval.

    Raises:
        UserError: the evaluation failed.
    """
    chosen = [*(EPISODES if episodes else ()), *(() if holdout is None else ("--split", holdout))]
    said = json.loads(_run(["imgsearch", "eval", str(pictures), "--model", str(model), "--json", *chosen], told=True))
    figures: dict[str, Any] = {metric: said["metrics"][metric] for metric in ("recall_at_1", "map_at_r")}
    for few_shot in said["few_shot"] or () if episodes else ():
        figures[few_shot["name"]] = few_shot["accuracy"]
        figures[f"{few_shot['name']}_interval"] = few_shot["episodes_interval"]
    return figures


def _run(command: list[str], *, told: bool = False) -> str:
    """Run an `imgsearch` command by this Python; what it printed, where that is wanted."""
    print(f"$ {shlex.join(command)}", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, "-m", *command], stdout=subprocess.PIPE if told else None, text=True, check=False
    )
    if done.returncode != 0:
        raise UserError(f"{' '.join(command[:2])} ended with {done.returncode}; its own line above says why")
    return done.stdout or ""
