"""`imgsearch verify`, end to end."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imgsearch import Encoder
from imgsearch.model import copy_model, load_model, write_info

from ..conftest import draw, imgsearch
from .helpers import Finished, refused, succeeded

EXPECTED = {"false_accept_rate": 0.01, "false_reject_rate": 0.25, "precision": 0.9}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures, two of them much alike, and a `model` with a threshold between. Only read it."""
    folder = tmp_path_factory.mktemp("verify")
    draw(folder / "a.png", 1)
    draw(folder / "b.png", 1, size=(40, 30))
    draw(folder / "c.png", 7)
    copy_model(load_model("base"), folder / "model")
    a, b, c = Encoder().embed([folder / "a.png", folder / "b.png", folder / "c.png"]).astype(np.float64)
    cut = float(a @ b + a @ c) / 2
    quality = {"calibration": {"wanted": "far", "target": 0.01, **EXPECTED}}
    write_info(folder / "model", replace(load_model("base").info, name="cut", threshold=cut, quality=quality))
    return folder


def verified(place: Path, *arguments: str | Path) -> tuple[int, list[str]]:
    run = imgsearch("verify", *arguments, folder=place)
    assert run.stderr == b""
    return run.returncode, run.stdout.decode().rstrip("\n").split("\t")


def cosine(place: Path, one: str, other: str) -> float:
    first, second = Encoder().embed([place / one, place / other]).astype(np.float64)
    return float(first @ second)


def test_same_or_different_with_similarity_threshold_and_expected_error(place: Path) -> None:
    threshold = load_model(place / "model").info.threshold
    code, (said, similarity, limit, error) = verified(place, "a.png", "b.png", "--model", "model")
    assert (code, said, limit, error) == (0, "same", f"{threshold:.4f}", "0.0100")
    assert float(similarity) == pytest.approx(cosine(place, "a.png", "b.png"), abs=1e-4)
    code, (said, similarity, limit, error) = verified(place, "a.png", "c.png", "--model", "model")
    assert (code, said, limit, error) == (1, "different", f"{threshold:.4f}", "0.2500")
    assert float(similarity) == pytest.approx(cosine(place, "a.png", "c.png"), abs=1e-4)


def test_as_json(place: Path) -> None:
    run = imgsearch("verify", "a.png", "c.png", "--model", "model", "--json", folder=place)
    assert run.returncode == 1
    answer = json.loads(run.stdout)
    assert answer["similarity"] == pytest.approx(cosine(place, "a.png", "c.png"), abs=1e-5)
    assert {name: value for name, value in answer.items() if name != "similarity"} == {
        "a": "a.png",
        "b": "c.png",
        "same": False,
        "threshold": load_model(place / "model").info.threshold,
        "expected_error": 0.25,
        "expected": EXPECTED,
    }


def test_a_threshold_of_ones_own_has_no_expected_error(place: Path) -> None:
    for threshold, code in (("0.01", 0), ("1", 1)):
        assert verified(place, "a.png", "c.png", "--threshold", threshold)[0] == code
    assert verified(place, "a.png", "a.png", "--threshold", "1") == (0, ["same", "1.0000", "1.0000", ""])
    answer = json.loads(imgsearch("verify", "a.png", "c.png", "--threshold", "1", "--json", folder=place).stdout)
    assert (answer["expected_error"], answer["expected"]) == (None, None)


def test_the_model_is_that_of_the_index_which_is_named_or_nearest(place: Path, tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        shutil.copy(place / name, tmp_path)
    succeeded(imgsearch("index", ".", "--model", place / "model", folder=tmp_path))
    assert verified(tmp_path, "a.png", "b.png")[0] == 0
    assert verified(tmp_path, "a.png", "c.png")[0] == 1
    assert verified(place, "a.png", "c.png", "--index", tmp_path)[0] == 1
    environment = {"IMGSEARCH_INDEX": str(tmp_path)}
    assert imgsearch("verify", "a.png", "b.png", folder=place, environment=environment).returncode == 0
    environment = {"IMGSEARCH_MODEL": str(place / "model")}
    assert imgsearch("verify", "a.png", "b.png", folder=place, environment=environment).returncode == 0


def test_without_a_calibrated_threshold_it_says_how_to_get_one(place: Path) -> None:
    line = refused(imgsearch("verify", "a.png", "b.png", folder=place), "the model base has no calibrated threshold")
    assert "`imgsearch eval FOLDER --calibrate far=0.01 --save-threshold`" in line
    assert "or give --threshold a number" in line


def test_what_cannot_be_compared_is_refused(place: Path, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("These are no pixels.")
    some = ("--threshold", "0.5")
    refused(imgsearch("verify", "a.png", "missing.png", *some, folder=place), "missing.png: no such file")
    refused(imgsearch("verify", tmp_path / "text.png", "a.png", *some, folder=place), "text.png: not a picture")
    refused(imgsearch("verify", "-", "-", *some, folder=place), "standard input can be read once")
    refused(imgsearch("verify", "a.png", "b.png", "--threshold", "2", folder=place), "--threshold 2: out of range")
    refused(imgsearch("verify", "a.png", "b.png", "--index", tmp_path, folder=place), "no index there")
    both = ("--index", tmp_path, "--model", "model")
    refused(imgsearch("verify", "a.png", "b.png", *both, folder=place), "--model and --index exclude each other")


def on_a_terminal(*arguments: str, folder: Path) -> Finished:
    """What is printed where stdout is a terminal."""
    ours, theirs = pty.openpty()
    run = subprocess.run(
        [sys.executable, "-m", "imgsearch", *arguments], cwd=folder, stdout=theirs, stderr=subprocess.PIPE, check=False
    )
    os.close(theirs)
    printed = b""
    try:
        while part := os.read(ours, 4096):
            printed += part
    except OSError:  # Linux says so at the end
        pass
    os.close(ours)
    return Finished(run.args, run.returncode, printed.replace(b"\r\n", b"\n"), run.stderr)


def test_a_person_is_told_in_a_sentence(place: Path) -> None:
    run = on_a_terminal("verify", "a.png", "b.png", "--model", "model", folder=place)
    assert run.stdout.startswith(b"same: similarity ")
    assert run.stdout.endswith(b"expected error 1.0% (of different pairs are taken for the same)\n")
    run = on_a_terminal("verify", "a.png", "c.png", "--model", "model", folder=place)
    assert run.stdout.startswith(b"different: similarity ")
    assert run.stdout.endswith(b"expected error 25.0% (of the same are taken for different)\n")
    run = on_a_terminal("verify", "a.png", "b.png", "--threshold", "0", folder=place)
    assert run.stdout.endswith(b"threshold 0.0000, expected error not measured\n")
