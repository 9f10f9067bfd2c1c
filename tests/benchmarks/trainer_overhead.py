"""What an epoch of training costs beside the network's own forward and backward passes.

    python -m tests.benchmarks.trainer_overhead

Alternates an epoch of the trainer, as it stands (sampling, views, miner, loss, optimiser, averaging, bookkeeping), with
the bare passes over as many batches of the same shape, on pictures of 64 pixels; prints the median overhead as a share
of the epoch, and exits with 1 where it is above a tenth.
"""

from __future__ import annotations

import argparse
import sys
import time
from statistics import median

import numpy as np
import torch

from imgsearch.training.config import TrainingConfig
from imgsearch.training.dataset import Dataset
from imgsearch.training.device import autocast, choose_device
from imgsearch.training.embedder import new_embedder
from imgsearch.training.run import Run
from imgsearch.training.trainer import train

SIDE = 64
BATCH = 128
ALLOWED = 0.10


def noise(classes: int, each: int) -> Dataset:
    """Pictures of nothing, a quarter larger than the crops, as `load_dataset` keeps photographs."""
    side = SIDE * 5 // 4
    pictures = np.random.default_rng(0).integers(0, 256, (classes * each, side, side, 3), dtype=np.uint8)
    return Dataset(pictures, np.repeat(np.arange(classes), each), tuple(map(str, range(classes))), (), ())


def epoch_seconds(data: Dataset, device: torch.device) -> tuple[float, int]:
    """One epoch of the trainer with its default parts, and its number of batches."""
    run = Run(
        new_embedder("small"),
        data,
        TrainingConfig(image_size=SIDE, epochs=1, rounds=1, classes_per_batch=BATCH // 4, images_per_class=4),
        device=device,
    )
    began = time.perf_counter()
    train(run)
    return time.perf_counter() - began, run.batches_per_epoch


def bare_seconds(batches: int, size: int, device: torch.device) -> float:
    """Forward and backward passes alone, over random batches that lie ready."""
    embedder = new_embedder("small").to(device).to(memory_format=torch.channels_last).train()
    views = (255 * torch.rand(size, 3, SIDE, SIDE)).to(device).contiguous(memory_format=torch.channels_last)
    gradient = torch.rand(size, embedder.dimension, device=device)
    began = time.perf_counter()
    for _ in range(batches):
        with autocast(device):
            embeddings = embedder.embed(views)
        embedder.zero_grad(set_to_none=True)
        torch.autograd.backward(embeddings, gradient)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def main() -> int:
    """Alternate, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--classes", type=int, default=32)
    parser.add_argument("--each", type=int, default=120)
    options = parser.parse_args()
    device, data = choose_device(), noise(options.classes, options.each)
    bare_seconds(2, BATCH, device)  # warm up
    shares = []
    for number in range(options.rounds):
        whole, batches = epoch_seconds(data, device)
        bare = bare_seconds(batches, BATCH, device)
        shares.append(1 - bare / whole)
        print(f"round {number + 1}: epoch {whole:.2f} s, passes {bare:.2f} s, overhead {shares[-1]:.1%}", flush=True)
    print(f"median overhead {median(shares):.1%} of an epoch, allowed {ALLOWED:.0%}")
    return int(median(shares) > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
