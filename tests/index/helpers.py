"""What the tests of the index share: random vectors, records to go with them, and other processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import imgsearch
from imgsearch.index import Index, Match, Record

DIMENSION = 16
Rows = NDArray[np.float32]


def unit_rows(count: int, dimension: int = DIMENSION, seed: int = 0) -> Rows:
    return normalised(np.random.default_rng(seed).normal(size=(count, dimension)))


def clustered_rows(count: int, dimension: int = DIMENSION, seed: int = 0) -> Rows:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(count // 50, dimension))
    return normalised(centres[random.integers(len(centres), size=count)] + 0.5 * random.normal(size=(count, dimension)))


def normalised(rows: NDArray[Any]) -> Rows:
    unit: Rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def record(path: str, reason: str | None = None) -> Record:
    return Record(path, 1000, 1_700_000_000_000_000_000, b"" if reason else bytes(16), reason=reason)


def records(count: int, first: int = 0) -> list[Record]:
    return [record(f"{number:05}.jpg") for number in range(first, first + count)]


def add(index: Index, rows: Rows, first: int = 0) -> None:
    with index.writer() as writer:
        writer.add(records(len(rows), first), rows)


def names(matches: Sequence[Match]) -> list[str]:
    return [match.path.name for match in matches]


def python(code: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """Another Python process that runs `code`; its standard output can be read."""
    environment = os.environ | {"PYTHONPATH": str(Path(imgsearch.__file__).parent.parent)}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def outcome(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    with process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def contents(folder: Path) -> dict[str, bytes]:
    """All that is in a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
