"""Append-only rows of float32 in a file, mapped into memory to be read; each row carries its checksum.

A row is its numbers, a zero more where they are odd in number, and a checksum of eight bytes of these and of the row's
slot, so that a row that was written to the wrong place, or never, is told, too. All little-endian: the file is the same
on every machine.

A row exists once the catalogue has committed its slot. What lies behind the last committed slot is the leftover of a
killed run, and is overwritten; a committed row never changes, so that readers need no lock.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import ModelError
from imgsearch.index.checksum import WORD, checksums
from imgsearch.index.database import damaged, explained

LITTLE_ENDIAN = np.dtype("<f4")
_FLUSHED_AT_ONCE = 1 << 24


@dataclass(frozen=True)
class Rows:
    """The first slots of a vector file."""

    file: Path
    values: NDArray[np.float32]
    """(slots, dimension), read-only and memory-mapped; not contiguous, as checksums lie between the rows."""
    words: NDArray[np.uint64] | None = None
    """(slots, words) the same with all else that is in a row, or None where `values` was computed just now."""
    mapped: mmap.mmap | None = None
    """The map that they lie in, if they do."""

    def require_intact(self, slots: Iterable[int]) -> None:
        """Raise `IndexFolderError` if one of these rows is not as it was written."""
        wanted = np.fromiter(slots, dtype=np.int64)
        if self.words is not None and not (intact := _intact(self.words[wanted], wanted)).all():
            slot = wanted[~intact][0]
            raise damaged(self.file, f"the vector in slot {slot} is not as it was written", repairable=True)

    def release(self, start: int, stop: int) -> None:
        """Give back the memory of the slots from `start` to `stop`, which are read from the file again when needed.

        Else a scan would end with all of the file counted as this process's memory.
        """
        if self.mapped is not None and self.words is not None and hasattr(mmap, "MADV_DONTNEED"):
            begin, end = (slot * self.words.itemsize * self.words.shape[1] for slot in (start, stop))
            begin -= begin % mmap.PAGESIZE
            self.mapped.madvise(mmap.MADV_DONTNEED, begin, end - begin)

    def intact(self, start: int, stop: int) -> NDArray[np.bool_]:
        """Which rows of the slots from `start` to `stop` are as they were written, (stop − start,)."""
        if self.words is None:
            return np.ones(stop - start, dtype=np.bool_)
        return _intact(self.words[start:stop], np.arange(start, stop))


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
        stream.seek(slot * _row_bytes(rows.shape[1]))
        stream.write(_sealed(rows, slot))
        _flush(stream)


def write_rows(file: Path, blocks: Iterable[NDArray[np.float32]]) -> None:
    """Write a file anew, block by block of finite rows (n, dimension), and wait until it is on the disk.

    Raises:
        IndexFolderError: it cannot be written.
    """
    waiting = slot = 0
    with explained(file):
        file.unlink(missing_ok=True)  # it may have another name, or be mapped by a reader
        with file.open("xb") as stream:
            for rows in blocks:
                waiting += stream.write(_sealed(rows, slot))
                slot += len(rows)
                if waiting > _FLUSHED_AT_ONCE:  # where blocks are made in a thread, this costs no time
                    _flush(stream)
                    waiting = 0
            _flush(stream)


def lengthen(file: Path, slots: int, dimension: int) -> None:
    """Make a file that was cut short long enough for its slots again; the rows that were lost count as broken."""
    with explained(file), file.open("ab") as stream:
        if stream.tell() < slots * _row_bytes(dimension):
            stream.truncate(slots * _row_bytes(dimension))
        _flush(stream)


def map_rows(file: Path, slots: int, dimension: int) -> Rows:
    """The first `slots` rows.

    Raises:
        IndexFolderError: the file is missing or shorter than the committed slots.
    """
    require_rows(file, slots, dimension)
    if slots == 0:  # an empty file cannot be mapped
        return _no_rows(file, dimension)
    row = _row_bytes(dimension)
    with explained(file), file.open("rb") as stream:
        mapped = mmap.mmap(stream.fileno(), slots * row, access=mmap.ACCESS_READ)
    words = np.frombuffer(mapped, dtype=WORD).reshape(slots, row // WORD.itemsize)
    return Rows(file, words.view(LITTLE_ENDIAN)[:, :dimension], words, mapped)


def whole_rows(file: Path, slots: int, dimension: int) -> Rows:
    """Of the first `slots` rows those that the file is long enough for."""
    slots = min(slots, row_count(file, dimension))
    return map_rows(file, slots, dimension) if slots else _no_rows(file, dimension)


def row_count(file: Path, dimension: int) -> int:
    """How many rows the file is long enough for; none where it is missing."""
    with explained(file):
        return (file.stat().st_size if file.exists() else 0) // _row_bytes(dimension)


def has_rows(file: Path, slots: int, dimension: int) -> bool:
    """Whether the file is there and at least `slots` rows long."""
    with explained(file), contextlib.suppress(FileNotFoundError):
        return file.stat().st_size >= slots * _row_bytes(dimension)
    return False


def require_rows(file: Path, slots: int, dimension: int) -> None:
    """Raise `IndexFolderError` unless the file is there and at least `slots` rows long."""
    if not has_rows(file, slots, dimension):
        raise damaged(file, f"missing or cut short, {slots:,} vectors should be in it", repairable=True)


def _no_rows(file: Path, dimension: int) -> Rows:
    return Rows(file, np.empty((0, dimension), dtype=LITTLE_ENDIAN))


def _intact(words: NDArray[np.uint64], slots: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray(checksums(words[:, :-1], slots) == words[:, -1])


def _sealed(rows: NDArray[np.float32], first: int) -> bytes:
    words = np.zeros((len(rows), _row_bytes(rows.shape[1]) // WORD.itemsize), dtype=WORD)
    words.view(LITTLE_ENDIAN)[:, : rows.shape[1]] = rows
    words[:, -1] = checksums(words[:, :-1], np.arange(first, first + len(rows)))
    return words.tobytes()


def _row_bytes(dimension: int) -> int:
    return WORD.itemsize * (-(-dimension * LITTLE_ENDIAN.itemsize // WORD.itemsize) + 1)


def _flush(stream: BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())
