"""What the terminal can show: it is asked, since its name says little, and nothing at all through SSH.

Three questions at once: for one pixel by Kitty's protocol, for the terminal's name, for the size of a character cell.
The last question, for its "device attributes", is one that every terminal answers, so that nobody waits for those that
do not understand the others; the attribute 4 means Sixel.
"""

from __future__ import annotations

import os
import re
import select
import struct
import time
from dataclasses import dataclass

QUESTIONS = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\" + b"\x1b[>q" + b"\x1b[16t" + b"\x1b[c"
ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]*)c")
PATIENCE = 1.0
"""Seconds that a terminal far away has for its answers."""
MUTE = {"dumb", "linux", ""}
"""Values of $TERM where questions are not understood."""
SMALL = (8, 15)
"""Width and height in pixels of a cell where the terminal does not say: pictures too small overlap nothing."""


@dataclass(frozen=True)
class Terminal:
    """A protocol of `imgsearch.images.graphics`, and the width and height of a character cell in pixels."""

    protocol: str
    cell: tuple[int, int] = SMALL


def ask_terminal() -> Terminal:
    """The best protocol of the terminal that this process is run from; half-blocks where there is nobody to ask."""
    mute = os.environ.get("TERM", "") in MUTE or os.environ.get("TERM_PROGRAM") == "Apple_Terminal"
    return Terminal("blocks") if mute else understood(*_answers())


def understood(answers: bytes, window: tuple[int, int, int, int] = (0, 0, 0, 0)) -> Terminal:
    """What the answers mean; the rows, columns, width and height in pixels of the `window` tell what some do not."""
    size = re.search(rb"\x1b\[6;([1-9]\d*);([1-9]\d*)t", answers)
    rows, columns, width, height = window
    if size:
        cell = int(size[2]), int(size[1])
    elif rows and columns and width >= columns and height >= rows:
        cell = width // columns, height // rows  # XTerm does not answer the question, for the sake of privacy
    else:
        cell = SMALL
    attributes = ATTRIBUTES.search(answers)
    if re.search(rb"\x1b_Gi=31;OK", answers):
        return Terminal("kitty", cell)
    if re.search(rb"\x1bP>\|iTerm2", answers):
        return Terminal("iterm2", cell)
    if attributes and b"4" in attributes[1].split(b";"):
        return Terminal("sixel", cell)
    return Terminal("blocks", cell)


def _answers() -> tuple[bytes, tuple[int, int, int, int]]:
    """What the terminal says, and the size of its window; nothing where there is none."""
    nothing = b"", (0, 0, 0, 0)
    try:
        import fcntl
        import termios
        import tty
    except ImportError:  # Windows
        return nothing
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return nothing
    try:
        if os.tcgetpgrp(terminal) != os.getpgrp():
            return nothing  # in the background, where asking would stop the process
        before = termios.tcgetattr(terminal)
        try:
            tty.setcbreak(terminal, termios.TCSADRAIN)
            os.write(terminal, QUESTIONS)
            rows, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8)))
            return _read(terminal), (rows, columns, width, height)
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
    except (OSError, termios.error):
        return nothing
    finally:
        os.close(terminal)


def _read(terminal: int) -> bytes:
    answers, until = b"", time.monotonic() + PATIENCE
    while not ATTRIBUTES.search(answers) and (left := until - time.monotonic()) > 0:
        if not select.select([terminal], [], [], left)[0]:
            break
        part = os.read(terminal, 1024)
        if not part:
            break
        answers += part
    return answers
