"""Run by test_distributed.py, once for each process: python -m tests.training.two_processes FOLDER WHAT LOSS."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from imgsearch.errors import UserError
from imgsearch.training import device as training_device
from imgsearch.training import distributed
from imgsearch.training.config import TrainingConfig
from imgsearch.training.embedder import new_embedder
from imgsearch.training.parts import build_parts
from imgsearch.training.run import Run
from imgsearch.training.trainer import train
from imgsearch.training.tuples import convert
from tests.training.helpers import STILL, striped

LABELS = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]


def loss_and_gradients(name: str) -> dict[str, torch.Tensor]:
    """Of sixteen pictures through a linear network, this process's share of them."""
    torch.manual_seed(0)
    pictures, labels = torch.randn(16, 5, dtype=torch.float64), torch.tensor(LABELS)
    network = nn.Linear(5, 6).double()
    parts = build_parts(TrainingConfig(name), LABELS, 4, 6)
    loss = parts.loss.double()
    embeddings = network(pictures[distributed.own_share(16)])
    embeddings.retain_grad()
    gathered = functional.normalize(distributed.gather(embeddings), dim=1)
    torch.manual_seed(1)
    mined = None
    if parts.miner is not None and loss.kind is not None:
        mined = convert(parts.miner(gathered.detach(), labels), loss.kind, labels)
    value = loss(gathered, labels, mined)
    torch.autograd.backward(value)
    distributed.sum_gradients(network.parameters())
    own = {f"loss.{key}": item.grad for key, item in loss.named_parameters() if item.grad is not None}
    weights = {f"network.{key}": item.grad for key, item in network.named_parameters() if item.grad is not None}
    assert embeddings.grad is not None
    return {"value": value.detach(), "embeddings": embeddings.grad, **own, **weights}


def never(device: torch.device) -> bool:
    return False


def trained(name: str, folder: Path, classes: int) -> dict[str, torch.Tensor]:
    """A network with a linear head on frozen blocks, trained on stripes."""
    each = 4 if classes == 4 else 3
    config = TrainingConfig(
        name, image_size=32, epochs=2, classes_per_batch=classes, images_per_class=each, unfreeze=0, augmentation=STILL
    )
    training_device.half_precision = never  # it rounds a batch of another size in another way
    embedder = new_embedder("small", 16, 0)
    if distributed.world() == 1:
        torch.save(embedder.state_dict(), folder / "start.pt")
    run = Run(embedder, striped(4), config, validation=striped(3, seed=5))
    train(run)
    return {key: value.clone() for key, value in run.result().state_dict().items()}


def main() -> int:
    folder, what, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    distributed.join(torch.device("cpu"))
    try:
        classes = 3 if what == "odd" else 4
        outcome = loss_and_gradients(name) if what == "loss" else trained(name, folder, classes)
        torch.save(outcome, folder / f"{distributed.world()}-{distributed.rank()}.pt")
    except UserError as error:
        print(error)
        return 2
    finally:
        distributed.leave()
    return 0


if __name__ == "__main__":
    sys.exit(main())
