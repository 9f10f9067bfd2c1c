"""A run on disk, so that it can go on after the machine went down: one safetensors file, replaced as a whole.

The tensors are those of the network, its average, its best epoch, the loss, the optimiser and the plan of the epoch in
hand; what else there is to know stands as JSON in the file's metadata.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from imgsearch.errors import UserError, printable

Tensors = dict[str, Tensor]


def save_checkpoint(file: Path, tensors: Tensors, facts: dict[str, Any]) -> None:
    """Write the run's state; the one before it stays until this one is whole on the disk.

    Raises:
        UserError: it cannot be written, as when the disk is full.
    """
    from safetensors.torch import save

    beside = file.with_name(f"{file.name}.part")
    content = save(
        {name: value.detach().cpu().contiguous() for name, value in tensors.items()}, {"facts": json.dumps(facts)}
    )
    try:
        with beside.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        kept = "; the one before it is kept" if file.exists() else ""
        raise UserError(
            f"{printable(file)}: the state of the run cannot be saved ({error.strerror}){kept}; "
            f"make room ({len(content) / 1e6:.0f} MB) and go on with --resume"
        ) from None


def read_facts(file: Path) -> dict[str, Any] | None:
    """What is known of the run besides tensors; None where there is no checkpoint.

    Raises:
        UserError: the file is damaged.
    """
    from safetensors import SafetensorError, safe_open

    if not file.is_file():
        return None
    try:
        with safe_open(file, framework="pt") as content:
            facts: dict[str, Any] = json.loads(content.metadata()["facts"])
            return facts
    except (SafetensorError, OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(_damaged(file, error)) from None


def read_tensors(file: Path) -> Tensors:
    """The tensors of a checkpoint.

    Raises:
        UserError: the file is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: Tensors = load_file(file)
    except (SafetensorError, OSError) as error:
        raise UserError(_damaged(file, error)) from None
    return tensors


def under(prefix: str, tensors: Tensors) -> Tensors:
    """The tensors whose names begin with `prefix` and a dot, by the rest of their names."""
    return {name[len(prefix) + 1 :]: value for name, value in tensors.items() if name.startswith(f"{prefix}.")}


def prefixed(prefix: str, tensors: Tensors) -> Tensors:
    """The reverse of `under`."""
    return {f"{prefix}.{name}": value for name, value in tensors.items()}


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> Tensors:
    """An optimiser's state by parameter number and name, as in `0.exp_avg`."""
    return {
        f"{number}.{name}": value if isinstance(value, Tensor) else torch.tensor(value)
        for number, state in optimiser.state_dict()["state"].items()
        for name, value in state.items()
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Tensors) -> None:
    """Put what `optimiser_tensors` gave back into a fresh optimiser of the same parameters."""
    whole = optimiser.state_dict()
    parameters = [item for group in optimiser.param_groups for item in group["params"]]
    for name, value in tensors.items():
        number, key = name.split(".")
        # A copy, which torch does not make, in the memory layout of the parameter, which its fused steps presume.
        alike = value.shape == parameters[int(number)].shape
        copy = torch.empty_like(parameters[int(number)] if alike else value, dtype=value.dtype).copy_(value)
        whole["state"].setdefault(int(number), {})[key] = copy
    optimiser.load_state_dict(whole)


def _damaged(file: Path, error: Exception) -> str:
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"{printable(file)}: not the state of a training run ({first}); remove its folder and begin again"
