"""All class-label losses under one equal budget: Omniglot's background characters to learn from, its evaluation
characters to be found.

    python -m tests.benchmarks.rank_losses omniglot.zip --json ranking.json

Same backbone, batches, epochs, learning rate and augmentation for all, each with its default options, miner and
sampler; three seeds. What the JSON file holds already is not run again, so that a stopped ranking goes on. Losses that
need another supervision than class labels (an order, a value, a domain) stay out.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from PIL import Image

from imgsearch.retrieval import evaluate
from imgsearch.training.config import Augmentation, TrainingConfig
from imgsearch.training.dataset import Dataset
from imgsearch.training.device import choose_device
from imgsearch.training.embedder import new_embedder
from imgsearch.training.losses import LOSSES
from imgsearch.training.run import Run
from imgsearch.training.trainer import train
from imgsearch.training.validation import embed_dataset
from imgsearch.workflows.parts import all_parts
from imgsearch.workflows.trained import versions

SIDE = 28
CONFIG = TrainingConfig(
    backbone="conv4",
    embedding_dim=64,
    image_size=SIDE,
    epochs=1,
    rounds=1,
    quarter_turns=False,
    mirrored_classes=False,
    classes_per_batch=16,
    images_per_class=4,
    learning_rate=2e-3,
    augmentation=Augmentation(  # of characters, which have no colour, and are others when mirrored
        smallest_crop=0.7, aspect_ratio=1.2, flip=0.0, rotation=0.0, shear=0.0, brightness=0.0, contrast=0.0,
        saturation=0.0, grey=0.0, blur=0.0, jpeg=0.0,
    ),
)  # fmt: skip


def read(archive: Path, part: str) -> Dataset:
    """The drawings of one part, "background" or "evaluation", at SIDE pixels."""
    with zipfile.ZipFile(archive) as content:
        names = sorted(name for name in content.namelist() if name.startswith(part) and name.endswith(".png"))
        pictures = np.stack([_square(content.read(name)) for name in names])
    classes, labels = np.unique([Path(name).parent.name for name in names], return_inverse=True)
    return Dataset(pictures, labels, tuple(classes.tolist()), (), ())


def _square(content: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC), dtype=np.uint8)


def losses() -> list[str]:
    """Those that take class labels and nothing else."""
    return [name for name, part in all_parts()["losses"].items() if not part["inputs"]]


def measured(loss: str, seed: int, background: Dataset, unseen: Dataset, config: TrainingConfig) -> dict[str, float]:
    """Train one network, and find the unseen characters with it."""
    began = time.monotonic()
    device = choose_device()
    embedder = new_embedder(config.backbone, config.embedding_dim, seed)
    run = Run(embedder, background, replace(config, loss=loss, seed=seed), device=device)
    train(run)
    seconds = time.monotonic() - began
    scores = evaluate(embed_dataset(run.result(), unseen, SIDE), unseen.labels).metrics
    active = run.reports[-1].active
    return {
        "recall_at_1": scores["recall_at_1"],
        "map_at_r": scores["map_at_r"],
        "seconds": seconds,
        "similarity": run.reports[-1].similarity or 0.0,
        **({} if active is None else {"active": active}),
    }


def table(runs: dict[str, dict[str, dict[str, float]]]) -> Iterator[str]:
    """A Markdown table, best map_at_r first: mean and range over the seeds."""
    yield "| loss | map_at_r | recall_at_1 | seconds |"
    yield "|---|---|---|---|"
    ranked = sorted(runs.items(), key=lambda item: -mean(run["map_at_r"] for run in item[1].values()))
    for loss, seeds in ranked:
        columns = [f"`{loss}`"]
        for figure in ("map_at_r", "recall_at_1"):
            values = [run[figure] for run in seeds.values()]
            columns.append(f"{mean(values):.3f} ({min(values):.3f}–{max(values):.3f})")
        columns.append(f"{mean(run['seconds'] for run in seeds.values()):.0f}")
        yield f"| {' | '.join(columns)} |"


def main() -> int:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("archive", type=Path, help="omniglot.zip with background__* and evaluation__* folders")
    parser.add_argument(
        "--json", type=Path, default=Path("ranking.json"), help="where results are kept and found again"
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=CONFIG.epochs)
    parser.add_argument("--losses", nargs="*", default=None, choices=sorted(LOSSES), help="only these")
    options = parser.parse_args()
    config = replace(CONFIG, epochs=options.epochs)
    kept = {"config": asdict(config), "versions": versions("imgsearch", "torch"), "runs": {}}
    if options.json.exists():
        kept = json.loads(options.json.read_text())
        if kept["config"] != json.loads(json.dumps(asdict(config))):
            print(f"{options.json}: was measured with another budget; name another file", file=sys.stderr)
            return 2
    background, unseen = (read(options.archive, part) for part in ("background", "evaluation"))
    for seed in range(options.seeds):
        for loss in options.losses or losses():
            runs = kept["runs"].setdefault(loss, {})
            if str(seed) not in runs:
                runs[str(seed)] = measured(loss, seed, background, unseen, config)
                print(f"{loss} seed {seed}: {runs[str(seed)]}", file=sys.stderr, flush=True)
                beside = options.json.with_name(options.json.name + ".part")
                beside.write_text(json.dumps(kept, indent=1))
                beside.replace(options.json)
    print("\n".join(table(kept["runs"])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
