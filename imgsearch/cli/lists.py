"""`--files-from` and `--files0-from`: lists of files, from a file or standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from imgsearch.errors import UserError, printable

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # with which Windows begins its lists


def read_lists(lines: Sequence[str], nul: Sequence[str]) -> list[str] | None:
    """The paths in lists of a line each, and in those that end each path with NUL; None where there is no list.

    A path is bytes, whatever they say; the lists' own names are relative to where the command runs, and "-" is standard
    input. A line's carriage return is the line's end, not the name's; empty lines are none.

    Raises:
        UserError: a list cannot be read, has the ends of the other kind of list, or standard input is to be read twice.
    """
    if [*lines, *nul].count("-") > 1:
        raise UserError("--files-from and --files0-from: standard input (-) can be read once; give - once")
    if not lines and not nul:
        return None
    paths: list[bytes] = []
    for name in lines:
        content = _content(name, "--files-from").removeprefix(_BYTE_ORDER_MARK)
        if b"\0" in content:
            raise UserError(f"--files-from {printable(name)}: there are NUL bytes in it; read it by --files0-from")
        paths += [line.removesuffix(b"\r") for line in content.split(b"\n") if line.strip()]
    for name in nul:
        content = _content(name, "--files0-from")
        if content.endswith(b"\n") and b"\0" not in content:
            raise UserError(f"--files0-from {printable(name)}: there is no NUL byte in it; read it by --files-from")
        paths += content.split(b"\0")
    return [os.fsdecode(path) for path in paths if path]


def _content(name: str, option: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        remedy = "name a list of files, or - for standard input"
        raise UserError(f"{option} {printable(name)}: cannot be read ({error.strerror}); {remedy}") from None
