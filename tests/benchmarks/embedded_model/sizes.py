"""What a larger or smaller encoder costs and finds: each model, with pictures of several sizes.

    python -m tests.benchmarks.embedded_model.sizes --data FOLDER [--model base]… [--side 48]… [--only NAME]…
        [--pictures N] [--turns 5] [--json FILE]

FOLDER holds the zip files. A line for each model and side of its pictures, in pixels: the megabytes of its files,
pictures encoded a second, how many times as many as resnet18 at 224 pixels, and leave-one-out recall_at_1 / map_at_r on
each collection. A model without --side is shown at its own size and at others.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imgsearch.errors import UserError
from imgsearch.model import Model
from imgsearch.retrieval import evaluate
from imgsearch.workflows.embedding import embed_files
from imgsearch.workflows.labelled import Labelled
from imgsearch.workflows.model_cache import find_model
from imgsearch.workflows.model_list import MEASURES, Listed
from tests.benchmarks.embedded_model.speed import RESNET18, measure, resnet18
from tests.benchmarks.embedded_model.unseen import COLLECTIONS

SIDES = (48, 64, 80, 112, 128)


@dataclass(frozen=True)
class Size:
    """One point of the curve."""

    model: str
    side: int
    megabytes: float
    rate: float
    """Pictures a second."""
    times: float
    """How many times as many as resnet18 at 224 pixels."""
    quality: dict[str, dict[str, float]]
    """By the collection's name."""


def at_sides(model: Model, sides: list[int]) -> dict[int, Model]:
    """The same model, fed with pictures of other sides, from the smallest on."""
    info = model.info
    wanted = sorted(set(sides or (info.input_size, *SIDES)))
    resize = {side: info.resize and round(info.resize * side / info.input_size) for side in wanted}
    return {side: replace(model, info=replace(info, input_size=side, resize=resize[side])) for side in wanted}


def quality(model: Model, data: Labelled) -> dict[str, float]:
    """recall_at_1 and map_at_r of all pictures, each searched among the others."""
    embedded = embed_files(model, data.paths)
    labels = np.unique([data.classes[row] for row in embedded.rows], return_inverse=True)[1]
    metrics = evaluate(model.project(embedded.embeddings), labels).metrics
    return {name: metrics[name] for name in MEASURES}


def curve(models: dict[str, Model], sides: list[int], collections: dict[str, Labelled], turns: int) -> list[Size]:
    """All models at all sides, their speeds measured in turns."""
    sized = {(name, side): one for name, model in models.items() for side, one in at_sides(model, sides).items()}
    found = {key: {name: quality(model, data) for name, data in collections.items()} for key, model in sized.items()}
    with tempfile.TemporaryDirectory() as scratch:
        named = {f"{name} at {side}": model for (name, side), model in sized.items()}
        rates = measure({**named, RESNET18: resnet18(Path(scratch))}, turns, pictures=64)
    points = []
    for (name, side), model in sized.items():
        rate = rates[f"{name} at {side}"]
        size = Listed(name, model).bytes_on_disk / 1e6
        points.append(Size(name, side, size, rate, rate / rates[RESNET18], found[name, side]))
    return points


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the zip files")
    parser.add_argument("--model", action="append", help="model to measure, `base` by default; repeatable")
    parser.add_argument("--side", action="append", type=int, help="of the pictures it is fed with; repeatable")
    parser.add_argument("--only", action="append", choices=COLLECTIONS, help="default: caltech50; repeatable")
    parser.add_argument("--pictures", type=int, help="at most about so many of a collection, for a quick look")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    names = given.only or ["caltech50"]
    with tempfile.TemporaryDirectory() as scratch:
        try:
            models = {str(name): find_model(name) for name in given.model or ["base"]}
            collections = {name: COLLECTIONS[name](given.data, Path(scratch) / name) for name in names}
            if given.pictures:
                each = {name: max(2, given.pictures // len(set(data.classes))) for name, data in collections.items()}
                collections = {name: data.at_most(each[name]) for name, data in collections.items()}
            points = curve(models, given.side or [], collections, given.turns)
        except UserError as error:
            parser.error(str(error))
    print("model", "side", "MB", "pictures/s", f"times {RESNET18} at 224", *names, sep="\t")
    for point in points:
        scores = [" / ".join(f"{point.quality[name][metric]:.4f}" for metric in MEASURES) for name in names]
        print(
            point.model,
            point.side,
            *(f"{x:.1f}" for x in (point.megabytes, point.rate, point.times)),
            *scores,
            sep="\t",
        )
    if given.json:
        given.json.write_text(json.dumps([vars(point) for point in points], indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
