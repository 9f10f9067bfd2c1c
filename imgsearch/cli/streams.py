"""The three streams of the process, where they are closed, full, or no longer read."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from imgsearch.errors import UserError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class OutputError(UserError):
    """Standard output takes no more, as where its disk is full; that nobody reads it is no error."""


def prepare_streams() -> None:
    """Open those that this process was started without (`>&-`) to nowhere, and let standard output tell its errors.

    A number that stays free goes to the next file that is opened: a library that writes to "standard error" would
    write into that.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # each gets the lowest number that is free, its own
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - for good
    out = sys.stdout
    if out is sys.__stdout__ and isinstance(out, io.TextIOWrapper):
        out.flush()
        stream = _Output(out.fileno(), "wb", closefd=False)
        buffered = io.BufferedWriter(stream) if isinstance(out.buffer, io.BufferedWriter) else stream
        sys.stdout = io.TextIOWrapper(
            buffered,
            encoding=out.encoding, errors=out.errors, line_buffering=out.line_buffering,
            write_through=out.write_through,
        )  # fmt: skip


def abandon_output() -> None:
    """Let what is still to be written to standard output, by Python itself when it ends, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Output(io.FileIO):
    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            remedy = "make room, or send the answer elsewhere"
            raise OutputError(f"standard output: cannot be written ({error.strerror}); {remedy}") from None
