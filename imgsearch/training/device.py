"""Where training runs: the processor or an accelerator, in half precision where that is quicker."""

from __future__ import annotations

from typing import TypeAlias

import torch

from imgsearch.errors import UserError

Device: TypeAlias = torch.device


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; "auto" takes an accelerator where there is one.

    Raises:
        UserError: no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if _mps() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):  # torch's ways of saying that it has none
        here = ", ".join(["cpu", *(["cuda"] if torch.cuda.is_available() else []), *(["mps"] if _mps() else [])])
        raise UserError(f"--device {name}: not available here; there is {here}") from None
    return device


def half_precision(device: torch.device) -> bool:
    """Whether `device` multiplies bfloat16 in hardware, where it trains about twice as fast."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None) or getattr(
        torch.cpu, "is_avx512_bf16_supported", None
    )
    return device.type == "cpu" and bool(probe and probe())


def autocast(device: torch.device) -> torch.autocast:
    """A context in which the network computes in bfloat16, where `half_precision` says that it should."""
    return torch.autocast(device.type, torch.bfloat16, enabled=half_precision(device))


def _mps() -> bool:
    return torch.backends.mps.is_available()
