"""The state of a run on disk."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import torch

from imgsearch.errors import UserError
from imgsearch.training.checkpoint import (
    optimiser_tensors,
    prefixed,
    read_facts,
    read_tensors,
    restore_optimiser,
    save_checkpoint,
    under,
)


def test_tensors_and_facts_come_back_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.safetensors"
    assert read_facts(file) is None
    tensors = {"a": torch.randn(3, 2), "b": torch.tensor(5), "c": torch.zeros(0, dtype=torch.int64)}
    facts = {"numbers": [1, 0.1, None], "big": 2**100, "word": "ä"}
    save_checkpoint(file, tensors, facts)
    assert read_facts(file) == facts
    again = read_tensors(file)
    assert again.keys() == tensors.keys()
    assert all(torch.equal(again[name], value) for name, value in tensors.items())
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_when_the_disk_is_full_the_checkpoint_before_stays_and_one_line_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "checkpoint.safetensors"
    save_checkpoint(file, {"a": torch.zeros(1)}, {"epoch": 1})

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UserError, match=r"No space left on device\); the one before it is kept; make room"):
        save_checkpoint(file, {"a": torch.ones(1)}, {"epoch": 2})
    assert read_facts(file) == {"epoch": 1} and read_tensors(file)["a"].item() == 0
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x10\0\0\0\0\0\0\0{}              "])
def test_a_damaged_checkpoint_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "checkpoint.safetensors"
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"checkpoint\.safetensors: not the state of a training run"):
        read_facts(file)


def test_names_under_a_prefix_come_back_without_it() -> None:
    tensors = {**prefixed("one", {"a.b": torch.zeros(1)}), **prefixed("other", {"a": torch.ones(1)})}
    assert list(under("one", tensors)) == ["a.b"] and list(under("other", tensors)) == ["a"]


def test_a_restored_optimiser_steps_as_the_one_it_was_saved_from() -> None:
    torch.manual_seed(0)
    weights = [torch.nn.Parameter(torch.randn(3)) for _ in range(2)]
    gradients = torch.randn(4, 3)

    def step(optimiser: torch.optim.Optimizer, weight: torch.nn.Parameter, number: int) -> None:
        weight.grad = gradients[number].clone()
        optimiser.step()

    first = torch.optim.AdamW([weights[0]], lr=0.1)
    for number in range(2):
        step(first, weights[0], number)
    with torch.no_grad():
        weights[1].copy_(weights[0])
    second = torch.optim.AdamW([weights[1]], lr=0.1)
    restore_optimiser(second, optimiser_tensors(first))
    for number in (2, 3):
        step(first, weights[0], number)
        step(second, weights[1], number)
    assert torch.equal(weights[0], weights[1])
