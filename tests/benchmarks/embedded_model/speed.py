"""How much faster a model encodes than resnet18 at 224 pixels, both on this machine in turns.

    python -m tests.benchmarks.embedded_model.speed [--model base] [--model OTHER] [--turns 5] [--pictures 64]
        [--json FILE]

Encoding alone, of pictures that are decoded already, on as many threads as `imgsearch index` takes. resnet18 has random
weights, which cost the same as trained ones, and was exported by the same exporter. Prints pictures a second (the
median of the turns) and the ratio; exits with 1 where that is below 2. Other work on the machine meets both alike.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from imgsearch.encoder import Encoder
from imgsearch.errors import UserError
from imgsearch.model import Model, ModelInfo, load_model, write_info
from imgsearch.workflows.model_cache import find_model

RESNET18, SIDE = "resnet18", 224
REQUIRED = 2.0


def resnet18(folder: Path, side: int = SIDE) -> Model:
    """An untrained resnet18 whose features are its embedding, exported to a folder."""
    from imgsearch.training.embedder import new_embedder
    from imgsearch.training.export import export

    network = new_embedder(RESNET18)
    export(network, folder, side)
    write_info(folder, ModelInfo(RESNET18, network.architecture, side, network.dimension))
    return load_model(folder)


def measure(models: Mapping[str, Model], turns: int, pictures: int) -> dict[str, float]:
    """Pictures a second of each, the median of turns that they take one after the other."""
    encoders = {name: Encoder(model, pictures) for name, model in models.items()}
    random = np.random.default_rng(0)
    rates: dict[str, list[float]] = {name: [] for name in models}
    for turn in range(-1, turns):
        for name, encoder in encoders.items():
            side = encoder.input_size
            given = random.integers(0, 256, (pictures, side, side, 3), dtype=np.uint8)
            began = time.perf_counter()
            encoder.embed_pixels(given)
            if turn >= 0:  # the first one warms up
                rates[name].append(pictures / (time.perf_counter() - began))
    return {name: statistics.median(values) for name, values in rates.items()}


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", help="model to measure, `base` by default; repeatable")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=64, help="a turn")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        try:
            models = {str(name): find_model(name) for name in given.model or ["base"]}
        except UserError as error:
            parser.error(str(error))
        rates = measure({**models, RESNET18: resnet18(Path(scratch))}, given.turns, given.pictures)
    ratios = {name: rates[name] / rates[RESNET18] for name in models}
    print("model", "pictures/s", f"times {RESNET18} at {SIDE}", "required", sep="\t")
    for name, rate in rates.items():
        required = f"≥ {REQUIRED:g}" if name in ratios else ""
        print(name, f"{rate:.1f}", f"{ratios.get(name, 1):.2f}", required, sep="\t")
    if given.json:
        given.json.write_text(json.dumps({"pictures_a_second": rates, "ratios": ratios}, indent=2) + "\n", "utf-8")
    return int(any(ratio < REQUIRED for ratio in ratios.values()))


if __name__ == "__main__":
    sys.exit(main())
