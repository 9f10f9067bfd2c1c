"""Memory that goes back to the system once nobody needs it, instead of waiting in the C library for the same thread."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

LARGE_BLOCK = 4_000_000
"""Bytes from which on a block is the system's own, and returned when it is freed."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h


@cache
def keep_little() -> None:
    """Have the C library keep no large blocks, from now on and for the whole process.

    By itself glibc learns from each large block freed to keep blocks of that size, up to 32 MB, in a heap of the thread
    that asked for it; one small block at the end of such a heap keeps all before it. So each thread holds on to as much
    as its largest picture took, while the others cannot use it: measured, 965 MB after pictures of at most 632 MB.
    """
    mallopt = _function("mallopt")
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, LARGE_BLOCK)  # either of the two ends the learning
        mallopt(_TRIM_THRESHOLD, 2 * LARGE_BLOCK)


def give_back() -> None:
    """Return to the system what is free in small blocks, of all threads: a few milliseconds for hundreds of MB."""
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


@cache
def _function(name: str) -> Callable[..., int] | None:
    """A function of the C library where it is glibc; others return memory by themselves, or cannot be asked."""
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # Windows has no such thing
        return None
