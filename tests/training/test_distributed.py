"""Two processes against one: the same embeddings in, the same loss and gradients out."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name("two_processes.py")
ROOT = Path(__file__).parents[2]


def run_processes(count: int, folder: Path, *arguments: str) -> list[subprocess.CompletedProcess[str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.training.two_processes", str(folder), *arguments],
            cwd=ROOT,
            env={
                **os.environ, "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count),
                "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1",
            },
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(count)
    ]  # fmt: skip
    finished = []
    for process in started:
        out, err = process.communicate(timeout=240)
        finished.append(subprocess.CompletedProcess([], process.returncode, out, err))
    return finished


def succeeded(count: int, folder: Path, *arguments: str) -> None:
    for process in run_processes(count, folder, *arguments):
        assert process.returncode == 0, process.stderr


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["multi_similarity", "margin", "proxy_anchor", "histogram", "quadruplet"])
def test_two_processes_compute_the_loss_and_gradients_of_one(tmp_path: Path, loss: str) -> None:
    """The gradients too of the network's weights, summed, and of the loss's own parameters, which are not."""
    for count in (1, 2):
        succeeded(count, tmp_path, "loss", loss)
    alone = torch.load(tmp_path / "1-0.pt", weights_only=True)
    for rank in (0, 1):
        together = torch.load(tmp_path / f"2-{rank}.pt", weights_only=True)
        assert together.keys() == alone.keys()
        for name, value in together.items():
            expected = alone[name][rank * 8 : (rank + 1) * 8] if name == "embeddings" else alone[name]
            assert torch.allclose(value, expected, rtol=1e-9, atol=1e-12), (name, rank)


@pytest.mark.slow
def test_training_in_two_processes_ends_where_one_process_ends(tmp_path: Path) -> None:
    """With batch norms frozen, since each process otherwise normalises by its own share of a batch, and unvaried
    pictures, since each varies its own in its own way."""
    for count in (1, 2):
        succeeded(count, tmp_path, "train", "multi_similarity")
    alone, first, second = (torch.load(tmp_path / name, weights_only=True) for name in ("1-0.pt", "2-0.pt", "2-1.pt"))
    assert any(not torch.equal(alone[name], value) for name, value in torch.load(tmp_path / "start.pt").items())
    for name, value in alone.items():
        assert torch.equal(first[name], second[name]), name
        assert torch.allclose(first[name], value, atol=1e-5), name


@pytest.mark.slow
def test_a_batch_that_cannot_be_dealt_out_is_refused(tmp_path: Path) -> None:
    for process in run_processes(2, tmp_path, "odd", "multi_similarity"):
        assert process.returncode == 2
        assert "a batch of 9 pictures cannot be dealt out evenly to 2 processes" in process.stdout
