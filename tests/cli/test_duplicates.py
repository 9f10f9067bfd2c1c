"""`imgsearch duplicates`, end to end."""

from __future__ import annotations

import base64
import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..conftest import SAMPLE_DATA, draw, imgsearch
from ..images.copies import jpeg, scene
from .helpers import contents, refused, succeeded

NAMES = [b"a b  c.png", b"line\nbreak.png", b'"quoted".png', "\N{SNOWMAN}.png".encode(), b"caf\xe9.png", b"z.png"]


@pytest.fixture(scope="module")
def sample_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample pictures, indexed. Only read it."""
    folder = tmp_path_factory.mktemp("sample")
    for split in ("seen", "unseen"):
        shutil.copytree(SAMPLE_DATA / split, folder / split)
    succeeded(imgsearch("index", ".", folder=folder))
    return folder


@pytest.fixture(scope="module")
def odd_names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two groups: copies of one picture under names that are hard to print, and a pair. Only read it."""
    folder = tmp_path_factory.mktemp("odd")
    for number, name in enumerate(NAMES):
        draw(folder / os.fsdecode(name), 1)
        os.utime(folder / os.fsdecode(name), ns=(0, 10**9 * (1 + number)))
    scene(1, (400, 300)).save(folder / "large.png")
    jpeg(scene(1), 60).save(folder / "small.jpg")
    draw(folder / "alone.png", 2)
    succeeded(imgsearch("index", ".", folder=folder))
    return folder


def test_the_sample_pictures_hold_exactly_the_planted_copies(sample_index: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SAMPLE_DATA))
        script: Any = importlib.import_module("draw")
    planted = {frozenset((pair.original, pair.copy)) for pair in script.NEAR_DUPLICATES}
    before = contents(sample_index)
    for options in ([], ["--mirrored"]):
        run = imgsearch("duplicates", *options, folder=sample_index)
        blocks = succeeded(run).decode().split("\n\n")
        assert {frozenset(block.splitlines()) for block in blocks} == planted
        assert run.stderr.startswith(b"5 groups, 5 redundant pictures among 125, ")
        assert run.stderr.count(b"\n") == 1
    assert contents(sample_index) == before
    firsts = [block.splitlines()[0] for block in blocks]
    assert "seen/sailboat/sailboat-03.jpg" in firsts and "seen/owl/owl-05.webp" in firsts  # they have more pixels


def test_every_format_gives_back_the_same_files_whatever_their_names(odd_names: Path) -> None:
    def printed(*options: str) -> bytes:
        return succeeded(imgsearch("duplicates", *options, folder=odd_names))

    groups = [NAMES, [b"large.png", b"small.jpg"]]
    assert printed() == b"\n".join(b"".join(path + b"\n" for path in group) for group in groups)
    for option in ("-0", "--print0"):
        assert printed(option) == b"\0".join(b"".join(path + b"\0" for path in group) for group in groups)
    redundant = [path for group in groups for path in group[1:]]
    assert printed("--redundant") == b"".join(path + b"\n" for path in redundant)
    assert printed("--redundant", "-0").split(b"\0") == [*redundant, b""]

    def path(entry: str | dict[str, str]) -> bytes:
        return entry.encode() if isinstance(entry, str) else base64.b64decode(entry["path_b64"])

    assert [[path(entry) for entry in group] for group in json.loads(printed("--json"))] == groups
    assert [path(entry) for entry in json.loads(printed("--json", "--redundant"))] == redundant


def test_what_is_redundant_can_be_piped_into_xargs(odd_names: Path) -> None:
    command = f'"{sys.executable}" -m imgsearch duplicates --redundant -0 | xargs -0 cat | wc -c'
    run = subprocess.run(["bash", "-c", command], cwd=odd_names, capture_output=True, check=True)
    sizes = [(odd_names / os.fsdecode(name)).stat().st_size for name in [*NAMES[1:], b"small.jpg"]]
    assert int(run.stdout) == sum(sizes)


@pytest.mark.parametrize(("options", "answer"), [([], b""), (["--redundant", "-0"], b""), (["--json"], b"[]\n")])
def test_without_copies_the_exit_code_is_1(pictures_index: Path, options: list[str], answer: bytes) -> None:
    run = imgsearch("duplicates", *options, folder=pictures_index)
    assert (run.returncode, run.stdout) == (1, answer)
    assert run.stderr.startswith(b"0 groups, 0 redundant pictures among 12, ")


def test_a_file_that_is_gone_is_named_and_the_others_are_grouped(odd_names: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(odd_names, folder)
    (folder / os.fsdecode(NAMES[0])).unlink()
    run = imgsearch("duplicates", folder=folder)
    assert b"".join(name + b"\n" for name in NAMES[1:]) in succeeded(run)
    assert b"imgsearch: skipped a b  c.png: no such file\n" in run.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--threshold", "1.5"], "--threshold 1.5: out of range; agreement runs from 0 to 1"),
        (["--threshold=-0.1"], "--threshold -0.1: out of range"),
        (["--threshold", "nan"], "--threshold nan: out of range"),
        (["--json", "-0"], "--json and --print0 exclude each other"),
        (["--index", "photos"], "photos: no index there; run `imgsearch index FOLDER` first"),
    ],
)
def test_options_that_make_no_sense_are_refused(pictures_index: Path, options: list[str], said: str) -> None:
    refused(imgsearch("duplicates", *options, folder=pictures_index), said)
