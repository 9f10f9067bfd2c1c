"""What holds for every command: streams, exit codes, help."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from imgsearch import __version__

from ..conftest import draw, imgsearch
from .helpers import Finished, contents, refused, succeeded

COMMANDS = ["index", "query", "duplicates", "eval", "verify", "train", "models"]
SCRIPT = Path(sys.executable).with_name("imgsearch")
FOR_PEOPLE = {"COLUMNS": "80", "TERM": "dumb"}


def test_the_command_and_the_module_are_the_same(tmp_path: Path) -> None:
    run = subprocess.run([SCRIPT, "--version"], cwd=tmp_path, capture_output=True, check=True)
    assert run.stdout == succeeded(imgsearch("--version", folder=tmp_path))
    assert run.stdout.decode() == f"imgsearch {__version__}\n"


def test_help_lists_the_commands_and_is_what_no_arguments_give(tmp_path: Path) -> None:
    text = succeeded(imgsearch("--help", folder=tmp_path, environment=FOR_PEOPLE)).decode()
    assert re.findall(r"^[^\w-]*([a-z]+)  +[A-Z]", text, re.MULTILINE) == COMMANDS
    assert "Example: imgsearch index ./photos && imgsearch query cat.jpg" in text
    bare = imgsearch(folder=tmp_path, environment=FOR_PEOPLE)
    assert (bare.stdout.decode().rstrip(), bare.stderr) == (text.rstrip(), b"")
    assert bare.returncode == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_shows_an_example(tmp_path: Path, command: str) -> None:
    text = succeeded(imgsearch(command, "-h", folder=tmp_path, environment=FOR_PEOPLE)).decode()
    assert f"Example: imgsearch {command} " in text
    assert "\x1b" not in text
    assert list(tmp_path.iterdir()) == []


def test_the_shell_can_complete_commands_and_options(tmp_path: Path) -> None:
    for shell in ("bash", "zsh", "fish"):
        run = subprocess.run([SCRIPT, "--show-completion", shell], cwd=tmp_path, capture_output=True, check=True)
        assert b"_IMGSEARCH_COMPLETE" in run.stdout and run.stderr == b""

    def completed(words: str) -> list[str]:
        variables = {"_IMGSEARCH_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        run = subprocess.run([SCRIPT], cwd=tmp_path, env={**os.environ, **variables}, capture_output=True, check=False)
        return run.stdout.decode().split()

    assert sorted(completed("imgsearch ")) == sorted(COMMANDS)
    assert completed("imgsearch query --thr") == ["--threshold"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["--nothing"],
        ["query"],
        ["eval"],
        ["verify"],
        ["verify", "photos/0.png"],
        ["verify", "photos/0.png", b"caf\xe9\n.png", "--threshold", "0"],
        ["train"],
        ["train", "photos"],
        ["index", "photos", "extra\nline"],
        ["index", b"caf\xe9 \x1b[31m"],
        ["query", b"caf\xe9\n\x1b[31m.png", "--index", "."],
        ["eval", b"caf\xe9"],
        ["train", b"caf\xe9", "-o", "model"],
        ["index", "photos", "--model", "model\n"],
        ["query", "photos/0.png", "--threshold", "a lot\n\x1b[31m"],
    ],
    ids=repr,
)
def test_a_user_error_is_one_clean_line_with_exit_code_2(tmp_path: Path, arguments: list[str | bytes]) -> None:
    draw(tmp_path / "photos" / "0.png", 1)
    before = contents(tmp_path)
    line = refused(imgsearch(*arguments, folder=tmp_path))
    assert line[:-1].isprintable()
    assert len(line) > 30 and "Traceback" not in line
    assert contents(tmp_path) == before


def test_names_with_two_spaces_are_told_as_they_are(tmp_path: Path) -> None:
    refused(imgsearch("index", "two  spaces", folder=tmp_path), "imgsearch: two  spaces: no such folder")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["eval", ".", "--json"]], ids=repr)
def test_a_closed_pipe_is_no_error_for_any_command(labelled: Path, arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-W", "error", "-m", "imgsearch", *arguments]
    run = subprocess.run(command, cwd=labelled, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert run.returncode == 0, run.stderr
    assert b"Traceback" not in run.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["index", "--info"], ["query", "photos/warm/0.png"]], ids=repr
)
def test_a_full_disk_under_the_answer_is_said_in_one_line(
    pictures_index: Path, arguments: list[str], buffered: bool
) -> None:
    command = [sys.executable, "-W", "error", "-m", "imgsearch", *arguments]
    variables = {**os.environ, "PYTHONUNBUFFERED": "" if buffered else "1"}
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        run = subprocess.run(
            command, cwd=pictures_index, env=variables, stdout=full, stderr=subprocess.PIPE, check=False
        )
    told = run.stderr.decode().splitlines()[-1]
    assert (run.returncode, run.stderr.count(b"Traceback")) == (2, 0)
    assert told.startswith("imgsearch: standard output: cannot be written (No space left on device); make room")


def test_closed_streams_and_a_conversation_that_nobody_hears_change_no_answer(pictures_index: Path) -> None:
    def run(redirections: str, *arguments: str) -> Finished:
        quoted = " ".join(["-W error -m imgsearch query", *arguments, redirections])
        return subprocess.run(
            ["bash", "-c", f'"{sys.executable}" {quoted}'], cwd=pictures_index, capture_output=True, check=False
        )

    expected = succeeded(run("", "photos/warm/0.png"))
    for redirections in ("2>&-", "2>/dev/full", "<&-", "<&- 2>&-", "2> >(true)"):
        assert succeeded(run(redirections, "photos/warm/0.png")) == expected, redirections
    assert succeeded(run(">&-", "photos/warm/0.png")) == b""
    refused(run("<&-", "-"), "-: standard input is empty")
    assert run("<&-", "--files-from", "-", "--json").stdout == b"[]\n"
    assert run("2>&-", "missing.png").returncode == 2


def test_bugs_keep_their_traceback(tmp_path: Path) -> None:
    code = (
        "import imgsearch.workflows.labelled as labelled\n"
        "from imgsearch.cli import main\n"
        "labelled.read_labelled = lambda folder, **_: 1 / 0\n"
        "main()"
    )
    run = subprocess.run([sys.executable, "-c", code, "eval", "."], cwd=tmp_path, capture_output=True, check=False)
    assert run.returncode == 1
    assert b"Traceback" in run.stderr and b"ZeroDivisionError" in run.stderr


def test_a_command_that_ends_at_once_has_written_all_that_it_had_to_say(pictures_index: Path) -> None:
    pictures = sorted((pictures_index / "photos").rglob("*.*")) * 20
    run = imgsearch("query", *pictures, "-k", "11", "--jsonl", folder=pictures_index)
    lines = succeeded(run).splitlines()  # many times what fits into a pipe
    assert len(lines) == len(pictures) * 11
    assert sum(map(len, lines)) > 300_000
    assert run.stderr.startswith(f"{len(lines):,} matches among 12 pictures".encode())
