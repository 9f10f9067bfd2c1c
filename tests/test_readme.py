"""The README tells the truth: its commands run, and print what it says they print.

In a ```console block, a line that begins with `$ ` is a command and the lines below it are what it prints, stdout and
stderr alike. Numbers may differ a little from machine to machine, times as they like; `...` stands for any lines.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SAMPLE_DATA

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOLERANCE = 0.02
NUMBER = re.compile(r"-?\d+\.\d+")
UNCHECKED = re.compile(r'\d[\d.]* s\b|"seconds": [\d.]+|\de-\d\d|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d')


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def sessions() -> list[tuple[str, list[str]]]:
    """Every command of the console blocks, in order, with the lines that it shall print."""
    found: list[tuple[str, list[str]]] = []
    for line in "".join(blocks("console")).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def alike(printed: str, expected: str) -> bool:
    """The same words, numbers with decimals within the tolerance; times and what training came to unchecked."""
    printed, expected = (UNCHECKED.sub("TIME", line.rstrip()) for line in (printed, expected))
    if NUMBER.sub("#", printed).split() != NUMBER.sub("#", expected).split():
        return False
    if printed.startswith("epoch "):  # other processors round differently, and every step builds on the one before
        return True
    pairs = zip(NUMBER.findall(printed), NUMBER.findall(expected), strict=True)
    return all(abs(float(one) - float(other)) <= TOLERANCE for one, other in pairs)


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a newcomer stands: a folder with the sample pictures, and `imgsearch` on the path."""
    folder = tmp_path_factory.mktemp("newcomer")
    shutil.copytree(SAMPLE_DATA, folder / "sample_data", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


def run(command: str, folder: Path) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IMGSEARCH_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**environment, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode in (0, 1), f"{command}\n{done.stdout}"
    return done.stdout.splitlines()


def test_every_command_prints_what_the_readme_shows(newcomer: Path) -> None:
    assert len(sessions()) >= 8
    for command, expected in sessions():
        printed = run(command, newcomer)
        if "..." in expected:  # what is shown before and after it must be there, at both ends
            at = expected.index("...")
            after = len(expected) - at - 1
            printed = printed[:at] + ["..."] + (printed[-after:] if after else [])
        assert len(printed) == len(expected), (command, printed)
        for line, wanted in zip(printed, expected, strict=True):
            assert alike(line, wanted), f"{command}\nprinted: {line}\nREADME:  {wanted}"


def test_the_python_example_runs_as_printed(newcomer: Path) -> None:
    (example,) = blocks("python")
    run("imgsearch index sample_data", newcomer)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example], cwd=newcomer, capture_output=True, text=True, check=True
    )
    comments = [line[2:] for line in example.splitlines() if line.startswith("# ")]
    printed = done.stdout.splitlines()
    assert comments and len(printed) == len(comments), printed
    for line, comment in zip(printed, comments, strict=True):
        assert alike(line, comment), f"printed: {line}\nREADME:  {comment}"


@pytest.mark.parametrize("command", ["index", "query", "duplicates", "eval", "verify", "train", "models"])
def test_the_table_of_a_command_and_its_help_name_the_same_options(newcomer: Path, command: str) -> None:
    text = "\n".join(run(f"COLUMNS=250 NO_COLOR=1 imgsearch {command} --help", newcomer))
    option = r"(?<![\w-])--?[a-zA-Z0-9][a-z0-9-]*"
    helped = {
        name for line in re.findall(r"^│ +(\*? *-.*?)  +[^- ]", text, re.MULTILINE) for name in re.findall(option, line)
    }
    section = README.split(f"\n### {command}\n")[1].split("\n### ")[0]
    rows = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `-")]
    told = {name for row in rows for part in re.findall("`([^`]*)`", row) for name in re.findall(option, part)}
    assert len(told) > 1  # `models` has two
    assert told == helped - {"--help", "-h"}


def test_the_tree_in_the_readme_names_what_there_is() -> None:
    tree = README.split("## The code")[1]
    for name in sorted(entry.name for entry in (ROOT / "imgsearch").iterdir()):
        if name not in ("__init__.py", "__main__.py", "__pycache__", "py.typed"):
            assert re.search(rf"^ +{re.escape(name)}\b", tree, re.MULTILINE), f"{name} is not in the README's tree"


def test_the_alikeness_of_lines_can_tell_wrong_from_right() -> None:
    assert alike("0.871\ta.jpg", "0.870  a.jpg")
    assert alike("10 matches, 0.12 s", "10 matches, 3.4 s")
    assert not alike("0.871\ta.jpg", "0.671\ta.jpg")
    assert not alike("0.871\ta.jpg", "0.871\tb.jpg")
    assert not alike("10 matches", "11 matches")


def test_the_readme_is_written_anew_where_a_command_prints_something_else_and_only_there() -> None:
    from tests.readme_anew import anew

    shown = ["0.871  a.jpg", "0.5    b.jpg", "...", "3 of 4, 1.2 s"]
    assert anew(["0.870\ta.jpg", "0.900\tb.jpg", "0.1\tc.jpg", "0.0\td.jpg", "3 of 4, 9.9 s"], shown) == [
        "0.871  a.jpg", "0.900    b.jpg", "...", "3 of 4, 1.2 s",
    ]  # fmt: skip
    assert anew(["0.9\tx.jpg"], shown[:1]) == ["0.9\tx.jpg"]
    assert anew(["one", "two"], ["one"]) == ["one", "two"]
