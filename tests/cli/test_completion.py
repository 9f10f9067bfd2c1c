"""Completion in the real shells, installed by the one command of the README."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from .test_contract import COMMANDS

LINES = {
    "imgsearch ": COMMANDS,
    "imgsearch que": ["query"],
    "imgsearch query --thr": ["--threshold"],
    "imgsearch query --threshold ": ["auto"],
    "imgsearch query --rerank ": ["k-reciprocal"],
    "imgsearch query pictures/a": ["pictures/a b.png"],
}
PATIENCE = 120
"""Seconds that a shell may take on a busy machine."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder of nobody yet, with a picture to complete the name of, and the command on its path."""
    (tmp_path / "bin").mkdir()
    module = 'import sys; sys.argv[0] = "imgsearch"; from imgsearch.cli import program; program()'
    (tmp_path / "bin" / "imgsearch").write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{module}' \"$@\"\n")
    (tmp_path / "bin" / "imgsearch").chmod(0o755)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a b.png").touch()
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IMGSEARCH_", "XDG_", "ZDOTDIR"))}
    return {**kept, "HOME": str(home), "PATH": f"{home / 'bin'}{os.pathsep}{kept['PATH']}", "TERM": "dumb"}


def require(shell: str) -> str:
    if (program := shutil.which(shell)) is None:
        pytest.skip(f"{shell} is not installed")
    return program


def install(shell: str, home: Path) -> None:
    command = [require(shell), "-c", "imgsearch --install-completion; true"]
    run = subprocess.run(command, cwd=home, env=environment(home), capture_output=True, check=True)
    assert f"{shell} completion installed in {home}".encode() in run.stdout, run


def in_bash(line: str, home: Path) -> list[str]:
    """What bash's own function, from its start-up file, answers for a line with the cursor at its end."""
    words = line.split(" ")
    code = (
        f'. "$HOME/.bashrc"; COMP_WORDS=({" ".join(words)}); COMP_CWORD={len(words) - 1}; '
        '[ -n "${COMP_WORDS[COMP_CWORD]:-}" ] || COMP_WORDS[COMP_CWORD]=""; '
        'complete -p imgsearch >&2; _imgsearch_completion imgsearch; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    run = subprocess.run(
        [require("bash"), "-c", code], cwd=home, env=environment(home), capture_output=True, check=True
    )
    assert b"-o default" in run.stderr  # where there is no answer, bash completes files
    return run.stdout.decode().split()


def in_fish(line: str, home: Path) -> list[str]:
    command = [require("fish"), "-c", f"complete -C '{line}'"]
    run = subprocess.run(command, cwd=home, env=environment(home), capture_output=True, text=True, check=True)
    return [answer.split("\t")[0] for answer in run.stdout.splitlines()]


class Zsh:
    """An interactive zsh, as it completes only where it edits a line."""

    def __init__(self, home: Path) -> None:
        self._outside, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
        self._process = subprocess.Popen(
            [require("zsh"), "-i"], cwd=home, env=environment(home), stdin=inside, stdout=inside, stderr=inside,
            start_new_session=True,
        )  # fmt: skip
        os.close(inside)
        self._seen = b""

    def __enter__(self) -> Zsh:
        self.type("PS1='rea''dy> '; PROMPT_SP=; unsetopt prompt_sp\n")
        assert self.shows("ready> ")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._outside)

    def type(self, keys: str) -> None:
        self._seen = b""
        os.write(self._outside, keys.encode())

    def shows(self, *texts: str) -> bool:
        """Whether all of these come upon the screen, sooner or later."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            screen = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]|\a|\r", "", self._seen.decode("utf-8", "replace"))
            if all(text in screen for text in texts):
                return True
            if select.select([self._outside], [], [], 0.2)[0]:
                self._seen += os.read(self._outside, 65536)
        return False


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_one_command_makes_the_shell_complete(shell: str, home: Path) -> None:
    install(shell, home)
    for line, expected in LINES.items():
        answers = (in_bash if shell == "bash" else in_fish)(line, home)
        if "pictures" in line and shell == "bash":
            assert answers == []  # then bash completes files
        else:
            assert sorted(answers) == sorted(expected), line


def test_one_command_makes_zsh_complete(home: Path) -> None:
    require("zsh")
    install("zsh", home)
    with Zsh(home) as zsh:
        for line, expected in LINES.items():
            zsh.type(f"{line}\t" if len(expected) == 1 else f"{line}\t\t")  # the first Tab rings the bell
            only = expected[0].replace(" ", "\\ ")
            completed = f"{line.rpartition(' ')[0]} {only}"
            assert zsh.shows(completed) if len(expected) == 1 else zsh.shows(*expected), line
            zsh.type("\x15\n")  # Ctrl-U takes the line away
            assert zsh.shows("\nready> ")
