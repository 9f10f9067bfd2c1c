"""`imgsearch train`, end to end."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from imgsearch import Encoder

from ..conftest import draw, imgsearch
from .helpers import Finished, contents, found, refused, started, succeeded

TINY = ["--epochs", "1", "--image-size", "32", "--batch-classes", "4", "--batch-images", "2"]
MODEL_FILES = {
    "model.json", "encoder.onnx", "weights.safetensors", "training.bin", "learning_curve.csv", "learning_curve.png",
}  # fmt: skip


def described(model: Path) -> dict[str, Any]:
    description: dict[str, Any] = json.loads((model / "model.json").read_text(encoding="utf-8"))
    return description


def hashes(folder: Path) -> list[bytes]:
    return sorted(hashlib.blake2b(path.read_bytes(), digest_size=16).digest() for path in folder.rglob("*.png"))


def test_a_linear_metric_is_a_matrix_on_the_same_encoder(labelled: Path, lda_model: Path) -> None:
    files = {path.name for path in lda_model.iterdir()}
    assert files >= {"model.json", "encoder.onnx", "metric.npy", "training.bin"}
    base, learned = Encoder(), Encoder(lda_model)
    assert (lda_model / "encoder.onnx").read_bytes() == base.model.encoder_file.read_bytes()
    paths = sorted(labelled.rglob("*.png"))
    affine = np.load(lda_model / "metric.npy", allow_pickle=False).astype(float)
    projected = base.embed(paths) @ affine[:, :-1].T + affine[:, -1]
    expected = projected / np.linalg.norm(projected, axis=1, keepdims=True)
    assert learned.dimension == len(affine)
    assert learned.embed(paths) == pytest.approx(expected, abs=1e-4)

    training = described(lda_model)["training"]
    assert (training["method"], training["metric"]) == ("linear", "lda")
    assert training["versions"]["imgsearch"]
    digest = hashlib.blake2b(b"".join(hashes(labelled)), digest_size=16).hexdigest()
    assert training["data"] == {"pictures": 16, "classes": 4, "digest": digest}
    known = base.model.info.training["class_names"]  # what the embedded model had learnt before
    assert training["class_names"] == sorted([*known, "autumn", "birch", "cedar", "dune"])
    seen = learned.model.training_hashes()  # by the metric, or by the encoder under it
    assert seen == base.model.training_hashes() | {content[:8] for content in hashes(labelled)}


def test_a_learned_metric_indexes_queries_and_evaluates(labelled: Path, lda_model: Path, tmp_path: Path) -> None:
    succeeded(imgsearch("index", labelled, "--model", lda_model, folder=tmp_path))
    shutil.copytree(tmp_path / ".imgsearch" / "model", tmp_path / "copy")  # carried along, whole
    assert contents(tmp_path / "copy") == contents(lda_model)
    matches = found(imgsearch("query", labelled / "birch" / "0.png", "-k", "3", folder=tmp_path))
    # LDA pulls the classes that it was fitted on together
    assert [Path(os.fsdecode(path)).parent.name for path in matches] == ["birch"] * 3
    run = imgsearch("eval", labelled, "--model", lda_model, "--json", folder=tmp_path)
    assert json.loads(succeeded(run))["metrics"]["recall_at_1"] == 1


@pytest.fixture(scope="module")
def deep_model(tmp_path_factory: pytest.TempPathFactory, labelled: Path) -> Path:
    """One epoch from scratch on three classes, a fourth held out. Only read it."""
    folder = tmp_path_factory.mktemp("deep")
    for number in range(4):  # a fifth class, so that two can be held out
        draw(folder / "labelled" / "elm" / f"{number}.png", 900 + number)
    for name in ("autumn", "birch", "cedar", "dune"):
        shutil.copytree(labelled / name, folder / "labelled" / name)
    (folder / "labelled" / "autumn" / "text.jpg").write_text("These are no pixels.")
    run = imgsearch(
        "train", "labelled", "-o", "models/deep", "--backbone", "small", "--split", "holdout:2", *TINY, folder=folder
    )
    assert succeeded(run) == b""
    began, before, epoch, skipped, done = run.stderr.decode().splitlines()
    assert began == (
        "training on 12 pictures of 3 classes, each 5 times an epoch, validating on 2 others; "
        "loss normalised_softmax, "
        "sampler m_per_class, pooling gem, small from scratch"
    )
    assert before.startswith("before training: unseen classes: recall_at_1 ")
    assert epoch.startswith("epoch 1/1: loss ") and "unseen classes: recall_at_1 " in epoch and ", active " in epoch
    assert skipped == "imgsearch: skipped labelled/autumn/text.jpg: not a picture that Pillow can read"
    assert done.startswith("models/deep: 1 epoch, ") and done.endswith("use it with --model models/deep")
    assert [path.name for path in (folder / "models").iterdir()] == ["deep"]
    return folder / "models" / "deep"


@pytest.mark.slow
def test_a_trained_network_says_how_it_was_made(labelled: Path, deep_model: Path) -> None:
    assert {path.name for path in deep_model.iterdir()} == MODEL_FILES
    info = described(deep_model)
    assert info["architecture"]["backbone"] == "small"
    assert (info["name"], info["input_size"]) == ("deep", 32)
    training = info["training"]
    assert (training["method"], training["from"], training["interrupted"]) == ("deep", None, False)
    assert training["config"]["loss"] == "normalised_softmax"
    assert {name: training["config"][name] for name in ("epochs", "seed", "image_size")} == {
        "epochs": 1, "seed": 0, "image_size": 32,
    }  # fmt: skip
    assert 0 <= training["onnx_parity"] <= 1e-4
    assert training["versions"]["torch"] and training["versions"]["imgsearch"]
    assert set(training["epochs"][0]["validation"]) >= {"recall_at_1", "map_at_r"}
    seen = sorted(digest for name in ("autumn", "birch", "cedar") for digest in hashes(labelled / name))
    digest = hashlib.blake2b(b"".join(seen), digest_size=16).hexdigest()
    assert training["data"] == {"pictures": 12, "classes": 3, "digest": digest}
    assert (deep_model / "training.bin").read_bytes() == b"".join(content[:8] for content in seen)


@pytest.mark.slow
def test_a_trained_network_indexes_and_queries(labelled: Path, deep_model: Path, tmp_path: Path) -> None:
    succeeded(imgsearch("index", labelled, "--model", deep_model, folder=tmp_path))
    copy = shutil.copyfile(labelled / "dune" / "2.png", tmp_path / "copy.png")
    best = imgsearch("query", copy, "-k", "1", folder=tmp_path)
    assert found(best) == [os.fsencode(os.path.relpath(labelled / "dune" / "2.png", tmp_path))]
    assert best.stdout.startswith(b"1.0000\t")
    assert Encoder(deep_model).embed([copy]).shape == (1, described(deep_model)["dimension"])


@pytest.mark.slow
def test_ctrl_c_while_going_on_from_a_model_leaves_one_that_can_be_used(
    labelled: Path, deep_model: Path, tmp_path: Path
) -> None:
    options = ["--seed", "5", "--loss", "normalised_softmax", *TINY, "--epochs", "100000", "--lr", "1e-9"]
    with started("train", labelled, "-o", "on", "--from", deep_model, *options, folder=tmp_path) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said.decode().startswith("training on 16 pictures of 4 classes, each 5 times an epoch; loss ")
        assert said.decode().endswith(f", small from {deep_model}\n")
        assert process.stderr.readline().startswith(b"epoch 1/100000: loss ")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (130, b""), err.decode()
    assert err.decode().splitlines()[-1] == (
        "imgsearch: stopped early; the model is what had been learned by then, and --resume goes on"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["on"]
    info = described(tmp_path / "on")
    assert info["architecture"] == described(deep_model)["architecture"]
    training = info["training"]
    assert (training["from"], training["interrupted"]) == (str(deep_model), True)
    assert (training["config"]["seed"], training["config"]["loss"]) == (5, "normalised_softmax")
    assert 1 <= len(training["epochs"]) < 100000
    vectors = Encoder(tmp_path / "on").embed(sorted(labelled.rglob("*.png")))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(16), abs=1e-5)

    # at this learning rate the network stays what it was, which one that begins at random would not be
    before, after = (load_file(model / "weights.safetensors") for model in (deep_model, tmp_path / "on"))
    kernels = [name for name, values in before.items() if values.ndim == 4]
    assert kernels and before.keys() == after.keys()
    for name in kernels:
        assert after[name].astype(float) == pytest.approx(before[name].astype(float), abs=1e-3)


NO_TORCH = """
import importlib.util, sys
real = importlib.util.find_spec
missing = {"torch", "torchvision", "safetensors", "onnx", "onnxscript"}
importlib.util.find_spec = lambda name, package=None: None if name.split(".")[0] in missing else real(name, package)
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in missing:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
sys.argv[0] = "imgsearch"
from imgsearch.cli import main
main()
"""


def without_torch(*arguments: str | Path, folder: Path) -> Finished:
    command = [sys.executable, "-W", "error", "-c", NO_TORCH, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)


def test_without_torch_deep_training_tells_the_remedy_and_all_else_works(labelled: Path, tmp_path: Path) -> None:
    run = without_torch("train", labelled, "--loss", "triplet", "-o", "deep", folder=tmp_path)
    refused(run, "deep training needs torch", "pip install 'imgsearch[train]'", "--metric lda")
    assert list(tmp_path.iterdir()) == []
    succeeded(without_torch("train", labelled, "-o", "compared", folder=tmp_path))
    succeeded(without_torch("train", labelled, "--metric", "lda", "-o", "model", folder=tmp_path))
    succeeded(without_torch("index", labelled, "--model", "model", folder=tmp_path))
    succeeded(without_torch("query", labelled / "dune" / "0.png", folder=tmp_path))
    succeeded(without_torch("eval", labelled, "--model", "model", folder=tmp_path))


def test_what_exists_already_is_not_overwritten(labelled: Path, tmp_path: Path) -> None:
    draw(tmp_path / "precious" / "photo.png", 1)
    draw(tmp_path / "model.part" / "photo.png", 2)  # where a model would grow, but no work of ours
    before = contents(tmp_path)

    def trained(output: str, *options: str) -> Finished:
        return imgsearch("train", labelled, "-o", output, *options, folder=tmp_path)

    refused(trained("precious", "--metric", "lda"), "precious: exists already; choose another name")
    refused(trained("precious", "--backbone", "small", *TINY), "precious: exists already; choose another name")
    refused(trained("model", "--metric", "lda"), "model.part: holds something else (photo.png); choose another name")
    refused(trained("precious/photo.png/model", "--metric", "lda"), "photo.png/model.part: cannot be made")
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--metric", "ldda"], "unknown linear metric 'ldda'; did you mean 'lda'?"),
        (["--loss", "multisimilarity"], "unknown loss 'multisimilarity'; did you mean 'multi_similarity'?"),
        (["--backbone", "resnet81"], "unknown backbone 'resnet81'; did you mean 'resnet18'?"),
        (["--metric", "lda", "--loss", "multi_similarity"], "takes no --loss; leave that away"),
        (["--metric", "lda", "--set", "margin=1"], "takes no --set; leave that away"),
        (["--loss", "triplet", "--json"], "--json goes with --list or with the comparison"),
        (["--metric", "lda", "--device", "cpu"], "takes no --device; leave that away"),
        (["--metric", "lda", "--resume"], "takes no --resume; leave that away"),
        (["--loss", "triplet", "--set", "margn=1"], "loss triplet: unknown option 'margn'; did you mean 'margin'?"),
        (
            ["--loss", "multi_similarity", "--set", "miner.epsilon=big"],
            "miner multi_similarity: epsilon=big is not a possible value",
        ),
        (["--set", "margin"], "--set margin: not understood"),
        (["--set", "mner.margin=1"], "unknown part 'mner'; did you mean 'miner'?"),
        (["--loss", "triplet", "--set", "margin=1", "--set", "margin=2"], "margin is set twice"),
        (["--loss", "triplet", "--miner", "semihard"], "unknown miner 'semihard'; did you mean 'semi_hard'?"),
        (["--sampler", "offlin"], "unknown sampler 'offlin'; did you mean 'offline'?"),
        (["--backbone", "small", "--pooling", "gemm"], "unknown pooling 'gemm'; did you mean 'gem'?"),
        (
            ["--loss", "log_ratio"],
            "loss log_ratio needs value for each picture: give a table with the columns path,label,value",
        ),
        (["--epochs", "1", "--device", "gpu"], "--device gpu: not available here"),
        (["--unfreeze", "99"], "99 blocks cannot be unfrozen"),
        (["--teacher", "missing"], "missing: no such model folder"),
        (["--loss", "triplet", "--set", "teacher.weight=2"], "--set teacher.… needs a teacher: give --teacher MODEL"),
        (["--teacher", "base", "--set", "teacher.wait=2"], "unknown option of teacher 'wait'; did you mean 'weight'?"),
        (
            ["--teacher", "base", "--set", "teacher.temperature=0"],
            "teacher.temperature must be a number above 0, not 0",
        ),
        (["--metric", "lda", "--teacher", "base"], "takes no --teacher; leave that away"),
        (["--seed", "-1"], "'--seed'"),
        (["--backbone", "small", "--from", "base"], "--from base does not; give one of them"),
        (["--metric", "lda", "--from", "missing"], "missing: no such model folder"),
        (["--metric", "lda", "--split", "holdout:1"], "--split holdout:1: leaves 3 and 1 of 4 classes"),
        (["--epochs", "0"], "'--epochs'"),
        (["--lr", "0"], "--lr"),
        (["--weight-decay", "-1"], "--weight-decay must be a number from 0 on, not -1"),
        (["--dropout", "1"], "--dropout must be a share from 0 to below 1, not 1"),
    ],
)
def test_what_cannot_be_trained_is_refused_at_once(
    labelled: Path, tmp_path: Path, options: list[str], said: str
) -> None:
    refused(imgsearch("train", labelled, "-o", "model", *options, folder=tmp_path), said)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_more_than_its_network_cannot_teach(labelled: Path, lda_model: Path, tmp_path: Path) -> None:
    refused(
        imgsearch("train", labelled, "-o", "model", "--teacher", lda_model, folder=tmp_path),
        "its linear metric is not part of its network; put it in with --metric NAME --fold 1",
    )
    assert list(tmp_path.iterdir()) == []


def test_folders_that_teach_nothing_are_refused(tmp_path: Path) -> None:
    for number in range(3):
        draw(tmp_path / "one" / "class" / f"{number}.png", number)
        draw(tmp_path / "singles" / f"class {number}" / "0.png", number)
    (tmp_path / "empty").mkdir()
    before = contents(tmp_path)
    for folder, said in {
        "one": "one: only one class ('class')",
        "singles": "two",
        "empty": "empty: no pictures in it",
        "missing": "missing: no such folder",
    }.items():
        refused(imgsearch("train", folder, "--metric", "lda", "-o", "model", folder=tmp_path), said)
    refused(imgsearch("train", "one", "-o", "model", folder=tmp_path), "one: only one class ('class')")
    assert contents(tmp_path) == before and not list(tmp_path.glob("model*"))
