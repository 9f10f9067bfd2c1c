"""What terminals answer, as their manuals or their users report it."""

from __future__ import annotations

import os
import pty
import threading

import pytest

from imgsearch.cli import capabilities
from imgsearch.cli.capabilities import QUESTIONS, Terminal, ask_terminal, understood


@pytest.mark.parametrize(
    ("answers", "terminal"),
    [
        (b"\x1b_Gi=31;OK\x1b\\\x1bP>|kitty(0.35.2)\x1b\\\x1b[6;36;18t\x1b[?62;52;c", Terminal("kitty", (18, 36))),
        (b"\x1bP>|iTerm2 3.5.0\x1b\\\x1b[6;17;8t\x1b[?62;4c", Terminal("iterm2", (8, 17))),
        (b"\x1bP>|foot(1.16.2)\x1b\\\x1b[6;20;9t\x1b[?62;4;22;28c", Terminal("sixel", (9, 20))),
        (b"\x1b[?64;1;2;4;6;9;15;18;21;22c", Terminal("sixel")),
        (b"\x1b[?1;2;4c", Terminal("sixel")),  # tmux over a terminal with Sixel
        (b"\x1bP>|tmux 3.3a\x1b\\\x1b[?1;2c", Terminal("blocks")),
        (b"\x1bP>|XTerm(380)\x1b\\\x1b[6;0;0t\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c", Terminal("blocks")),
        (b"\x1b_Gi=31;ENOTSUP\x1b\\\x1b[?64;14;24;40;44c", Terminal("blocks")),  # 14, 24, 40, 44 are not 4
        (b"typed meanwhile\x1b[?6c", Terminal("blocks")),
        (b"", Terminal("blocks")),
    ],
)
def test_answers_are_understood(answers: bytes, terminal: Terminal) -> None:
    assert understood(answers) == terminal


def test_the_window_tells_how_large_a_cell_is_where_the_terminal_does_not() -> None:
    xterm = b"\x1b[?64;1;2;4;6c"
    assert understood(xterm, (24, 100, 800, 360)) == Terminal("sixel", (8, 15))
    assert understood(b"\x1b[6;20;9t" + xterm, (24, 100, 800, 360)) == Terminal("sixel", (9, 20))
    for window in ((24, 100, 0, 0), (0, 0, 800, 360), (500, 80, 640, 360)):  # the last one has more rows than pixels
        assert understood(xterm, window) == Terminal("sixel")


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"TERM": "linux"}, {"TERM_PROGRAM": "Apple_Terminal"}])
def test_terminals_that_would_print_the_questions_are_not_asked(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> object:
        raise AssertionError

    monkeypatch.setattr(capabilities, "_answers", asked)
    for name, value in {"TERM": "xterm", **variables}.items():
        monkeypatch.setenv(name, value)
    assert ask_terminal() == Terminal("blocks")


def test_reading_ends_with_the_last_answer_and_with_a_terminal_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    outside, inside = pty.openpty()
    threading.Timer(0.05, os.write, (outside, b"\x1b[?62;4c\n")).start()
    assert capabilities._read(inside) == b"\x1b[?62;4c\n"
    monkeypatch.setattr(capabilities, "PATIENCE", 0.05)
    assert capabilities._read(inside) == b""
    os.close(outside)
    os.close(inside)
    assert QUESTIONS.endswith(b"\x1b[c")
