"""Append-only rows of float32 in a file, mapped into memory to be read.

A row exists once the catalogue has committed its slot. What lies behind the last committed slot is the leftover of a
killed run, and is overwritten; a committed row never changes, so that readers need no lock.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import ModelError
from imgsearch.index.database import damaged, explained

LITTLE_ENDIAN = np.dtype("<f4")  # the file is the same on every machine
_FLUSHED_AT_ONCE = 1 << 24


def checked_rows(rows: NDArray[Any], dimension: int) -> NDArray[np.float32]:
    """The rows (n, dimension) as contiguous float32.

    Raises:
        ValueError: another shape.
        ModelError: NaN or infinite numbers, which only a broken encoder gives.
    """
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.shape[1] != dimension:
        raise ValueError(f"embeddings of shape {rows.shape}, expected (n, {dimension})")
    if not np.isfinite(rows).all():
        raise ModelError("the model gave an embedding with NaN or infinity in it; train it again, or use another")
    return np.ascontiguousarray(rows, dtype=LITTLE_ENDIAN)


def append_rows(file: Path, slot: int, rows: NDArray[np.float32]) -> None:
    """Write rows (n, dimension) to the slots from `slot` on, and wait until they are on the disk.

    Raises:
        IndexFolderError: a slot before `slot` has no row in the file, or the file cannot be written.
    """
    rows = checked_rows(rows, rows.shape[1])
    require_rows(file, slot, rows.shape[1])
    with explained(file), file.open("r+b") as stream:
        stream.seek(slot * rows.shape[1] * LITTLE_ENDIAN.itemsize)
        _write(stream, rows)
        _flush(stream)


def write_rows(file: Path, blocks: Iterable[NDArray[np.float32]]) -> None:
    """Write a file anew, block by block of finite rows (n, dimension), and wait until it is on the disk.

    Raises:
        IndexFolderError: it cannot be written.
    """
    waiting = 0
    with explained(file):
        file.unlink(missing_ok=True)  # it may have another name, or be mapped by a reader
        with file.open("xb") as stream:
            for rows in blocks:
                _write(stream, rows)
                waiting += rows.nbytes
                if waiting > _FLUSHED_AT_ONCE:  # where blocks are made in a thread, this costs no time
                    _flush(stream)
                    waiting = 0
            _flush(stream)


def _write(stream: BinaryIO, rows: NDArray[np.float32]) -> None:
    stream.write(np.ascontiguousarray(rows, dtype=LITTLE_ENDIAN).data.cast("B") if rows.size else b"")


def _flush(stream: BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def map_rows(file: Path, slots: int, dimension: int) -> NDArray[np.float32]:
    """The first `slots` rows (slots, dimension), read-only and memory-mapped.

    Raises:
        IndexFolderError: the file is missing or shorter than the committed slots.
    """
    require_rows(file, slots, dimension)
    if slots == 0:  # an empty file cannot be mapped
        return np.empty((0, dimension), dtype=LITTLE_ENDIAN)
    with explained(file):
        return np.memmap(file, dtype=LITTLE_ENDIAN, mode="r", shape=(slots, dimension)).view(np.ndarray)


def has_rows(file: Path, slots: int, dimension: int) -> bool:
    """Whether the file is there and at least `slots` rows long."""
    with explained(file), contextlib.suppress(FileNotFoundError):
        return file.stat().st_size >= slots * dimension * LITTLE_ENDIAN.itemsize
    return False


def require_rows(file: Path, slots: int, dimension: int) -> None:
    """Raise `IndexFolderError` unless the file is there and at least `slots` rows long."""
    if not has_rows(file, slots, dimension):
        raise damaged(file, f"missing or cut short, {slots:,} vectors should be in it")
