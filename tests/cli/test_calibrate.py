"""`imgsearch eval --calibrate … --save-threshold`, and who uses the threshold then."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgsearch import Encoder
from imgsearch.model import BASE, copy_model, load_model

from ..conftest import imgsearch
from .helpers import contents, refused, succeeded


def calibrated(*arguments: str | Path, folder: Path) -> dict[str, Any]:
    result = json.loads(succeeded(imgsearch("eval", *arguments, "--json", folder=folder)))
    found: dict[str, Any] = result["calibration"]
    return found


@pytest.fixture
def own_model(tmp_path: Path) -> Path:
    return copy_model(load_model("base"), tmp_path / "model").folder


def test_the_threshold_is_found_on_half_of_the_classes_and_verified_on_the_others(
    labelled: Path, tmp_path: Path
) -> None:
    found = calibrated(labelled, "--calibrate", "far=0.1", folder=tmp_path)
    assert (found["wanted"], found["target"], found["found_on"], found["verified_on"]) == ("far", 0.1, 2, 2)
    paths = sorted(labelled.rglob("*.png"))
    classes = np.array([path.parent.name for path in paths])
    vectors = Encoder().embed(paths).astype(np.float64)
    names = np.unique(classes)
    seen = []
    for half in [(a, b) for place, a in enumerate(names) for b in names[place + 1 :]]:  # one of them was it
        rows = np.isin(classes, half)
        pairs = np.triu_indices(rows.sum(), 1)
        same = (classes[rows][:, None] == classes[rows])[pairs]
        accepted = (vectors[rows] @ vectors[rows].T)[pairs] >= found["threshold"]
        seen.append((accepted[~same].mean(), accepted[same].mean(), len(same)))
    verified = (found["false_accept_rate"], found["recall"], found["pairs"])
    assert any(np.allclose(verified, one) for one in seen)
    assert any(far <= 0.1 for far, _, _ in seen)
    assert found["false_reject_rate"] == pytest.approx(1 - found["recall"])
    text = succeeded(imgsearch("eval", labelled, "--calibrate", "far=0.1", folder=tmp_path)).decode().splitlines()
    assert text[-1].startswith(f"base: threshold {found['threshold']:.4f}, found for far 0.1 on 2 classes; on 2 others")


def test_a_model_folder_keeps_it_and_verify_and_query_use_it(labelled: Path, tmp_path: Path, own_model: Path) -> None:
    before = contents(own_model)
    run = imgsearch(
        "eval", labelled, "--model", own_model, "--calibrate", "precision=0.4", "--save-threshold", "--json",
        folder=tmp_path,
    )  # fmt: skip
    found = json.loads(succeeded(run))["calibration"]
    assert found["saved_to"] == str(own_model)
    assert f"threshold {found['threshold']:.4f} kept in model\n".encode() in run.stderr
    info = load_model(own_model).info
    assert info.threshold is not None and 0 <= found["threshold"] - info.threshold < 1e-6
    kept = info.quality["calibration"]
    assert kept["data"] == str(labelled)
    assert [kept[name] for name in ("false_accept_rate", "false_reject_rate")] == [
        found[name] for name in ("false_accept_rate", "false_reject_rate")
    ]
    after = contents(own_model)
    assert {name for name in after if after[name] != before[name]} == {Path("model.json")}
    one, other = labelled / "birch" / "0.png", labelled / "birch" / "1.png"
    run = imgsearch("verify", one, other, "--model", own_model, "--json", folder=tmp_path)
    answer = json.loads(run.stdout)
    assert answer["threshold"] == info.threshold
    assert answer["same"] is (answer["similarity"] >= info.threshold) is (run.returncode == 0)
    assert answer["expected"]["false_accept_rate"] == found["false_accept_rate"]
    succeeded(imgsearch("index", labelled, "--model", own_model, folder=tmp_path))
    lines = imgsearch("query", one, "--threshold", "auto", "-k", "99", folder=tmp_path).stdout.splitlines()
    everything = succeeded(imgsearch("query", one, "-k", "99", folder=tmp_path)).splitlines()
    assert lines == [line for line in everything if float(line.split(b"\t")[0]) >= info.threshold]


def test_an_index_keeps_it_in_its_copy_of_the_model_and_stays_sound(labelled: Path, tmp_path: Path) -> None:
    succeeded(imgsearch("index", labelled, folder=tmp_path))
    options = ("--index", ".imgsearch", "--calibrate", "far=0.2", "--save-threshold")
    found = calibrated(labelled, *options, folder=tmp_path)
    assert found["saved_to"] == str(tmp_path / ".imgsearch")
    succeeded(imgsearch("index", "--check", folder=tmp_path))
    information = json.loads(succeeded(imgsearch("index", "--info", "--json", folder=tmp_path)))
    assert information["threshold"] == pytest.approx(found["threshold"], abs=1e-6)
    assert f"threshold {found['threshold']:.4f}".encode() in succeeded(imgsearch("index", "--info", folder=tmp_path))
    one, other = labelled / "birch" / "0.png", labelled / "dune" / "1.png"
    answer = json.loads(imgsearch("verify", one, other, "--json", folder=tmp_path).stdout)
    assert answer["threshold"] == information["threshold"]
    succeeded(imgsearch("index", labelled, folder=tmp_path))  # which does not lose it
    assert json.loads(imgsearch("verify", one, other, "--json", folder=tmp_path).stdout) == answer


def test_the_installed_model_is_never_changed(labelled: Path, tmp_path: Path) -> None:
    before = contents(BASE)
    some = ("--calibrate", "far=0.1", "--save-threshold")
    line = refused(imgsearch("eval", labelled, *some, folder=tmp_path), "base is part of the installation")
    assert "--index DIR" in line
    (tmp_path / "link").symlink_to(BASE)
    run = imgsearch("eval", labelled, *some, "--model", "link", folder=tmp_path)
    refused(run, "is part of the installation")
    assert contents(BASE) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_model_folder_that_cannot_be_written_is_told_before_anything_is_measured(
    labelled: Path, tmp_path: Path, own_model: Path
) -> None:
    own_model.chmod(0o500)
    some = ("--model", own_model, "--calibrate", "far=0.1", "--save-threshold")
    refused(imgsearch("eval", labelled, *some, folder=tmp_path), "cannot be written (Permission denied); copy the")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--save-threshold"], "--save-threshold: nothing is calibrated; give --calibrate"),
        (["--calibrate", "far"], "--calibrate far: not understood; write precision=0.95, or far=0.01"),
        (["--calibrate", "far=2"], "--calibrate far=2: not understood"),
        (["--calibrate", "recall=0.5"], "--calibrate recall=0.5: not understood"),
        (["--calibrate", "far=0.001"], "--calibrate far=0.001: a false accept rate of 0.001 takes 1000 pairs"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(labelled: Path, tmp_path: Path, options: list[str], said: str) -> None:
    refused(imgsearch("eval", labelled, *options, folder=tmp_path), said)


def test_three_classes_are_too_few_and_two_models_too_many(labelled: Path, tmp_path: Path, own_model: Path) -> None:
    few = tmp_path / "few"
    shutil.copytree(labelled, few, ignore=shutil.ignore_patterns("dune"))
    refused(imgsearch("eval", few, "--calibrate", "far=0.1", folder=tmp_path), "are too few to calibrate on one half")
    both = ("--model", "base", "--model", own_model, "--calibrate", "far=0.1", "--save-threshold")
    refused(imgsearch("eval", labelled, *both, folder=tmp_path), "of several models none is the one to keep it")
