"""`imgsearch train`: runs that are killed, resumed, refused or led astray, and the list of what there is."""

from __future__ import annotations

import csv
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from imgsearch.model import load_model
from imgsearch.training.losses import LOSSES
from imgsearch.training.miners import MINERS
from imgsearch.training.poolings import POOLINGS
from imgsearch.training.samplers import SAMPLERS

from ..conftest import draw, imgsearch
from .helpers import Finished, contents, refused, started, succeeded
from .test_train import described, without_torch

TINY = [
    "--backbone",
    "conv4",
    "--image-size",
    "32",
    "--batch-classes",
    "3",
    "--batch-images",
    "2",
    "--patience",
    "9",
    "--epochs",
    "8",
]


@pytest.fixture(scope="module")
def six_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six classes of four pictures. Only read it."""
    folder = tmp_path_factory.mktemp("six") / "labelled"
    for number in range(24):
        draw(folder / f"class {number % 6}" / f"{number}.png", number, size=(32, 32))
    return folder


def test_all_parts_are_listed_by_name_without_torch(tmp_path: Path) -> None:
    run = without_torch("train", "--list", "--json", folder=tmp_path)
    families = json.loads(succeeded(run))
    for family, table in {"losses": LOSSES, "miners": MINERS, "samplers": SAMPLERS, "poolings": POOLINGS}.items():
        assert set(families[family]) == set(table)
    assert families["losses"]["triplet"]["options"] == {"margin": 0.2, "squared": True}
    assert families["losses"]["triplet"]["miner"] == "semi_hard"
    assert families["losses"]["ordered_quadruplet"]["inputs"] == ["order"]
    for parts in families.values():
        for name, part in parts.items():
            assert part["summary"].endswith(".") and part["source"].endswith("."), name
    text = succeeded(imgsearch("train", "--list", folder=tmp_path)).decode()
    assert all(f"\n  {name} " in text for family in families.values() for name in family)


DOCUMENTED = """
contrastive triplet quadruplet ordered_quadruplet bell_bala hinge_embedding dbl log_ratio margin lifted
generalised_lifted histogram listwise_ap smooth_ap supcon multi_similarity npair proxy_nca proxy_anchor arcface
normalised_softmax magnet hierarchical_triplet prototypical cross_modal
"""


def test_every_loss_of_the_literature_is_there() -> None:
    assert set(LOSSES) == set(DOCUMENTED.split())
    assert set(MINERS) >= {
        "easy",
        "semi_hard",
        "hard",
        "batch_hard",
        "batch_all",
        "distance_weighted",
        "multi_similarity",
    }
    assert set(SAMPLERS) >= {"m_per_class", "hierarchical", "offline"}
    assert set(POOLINGS) >= {"spoc", "mac", "gem", "r_mac", "vectorise_fc"}


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_and_ends_like_one_that_was_not(six_classes: Path, tmp_path: Path) -> None:
    succeeded(imgsearch("train", six_classes, "-o", "whole", *TINY, folder=tmp_path))
    with started("train", six_classes, "-o", "killed", *TINY, folder=tmp_path) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith(b"epoch 3/8"):
            pass
        time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / "killed.part" / "checkpoint.safetensors").is_file() and not (tmp_path / "killed").exists()

    again = imgsearch("train", six_classes, "-o", "killed", *TINY, folder=tmp_path)
    refused(again, "killed.part: a training run that was not finished; go on with --resume")
    wrong = imgsearch("train", six_classes, "-o", "killed", "--resume", "--loss", "triplet", folder=tmp_path)
    refused(wrong, "--resume: the run was begun with loss normalised_softmax, not triplet")
    shutil.copytree(six_classes, tmp_path / "others")
    draw(tmp_path / "others" / "class 0" / "new.png", 99)
    other = imgsearch("train", "others", "-o", "killed", "--resume", folder=tmp_path)
    refused_after_start(other, "--resume: killed was begun with other pictures")

    resumed = imgsearch("train", six_classes, "-o", "killed", "--resume", folder=tmp_path)  # it knows its options
    succeeded(resumed)
    assert "going on after " in resumed.stderr.decode()
    one, other_weights = (load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "killed"))
    assert all(np.array_equal(one[name], other_weights[name]) for name in one)
    curves = [
        [
            {**row, "seconds": ""}
            for row in csv.DictReader((tmp_path / name / "learning_curve.csv").read_text().splitlines())
        ]
        for name in ("whole", "killed")
    ]
    assert curves[0] == curves[1] and len(curves[0]) == 9
    assert not list(tmp_path.rglob("*checkpoint*"))
    assert described(tmp_path / "whole")["training"]["config"] == described(tmp_path / "killed")["training"]["config"]


def refused_after_start(run: Finished, said: str) -> None:
    """Refused with one last line, after what was chosen had been told."""
    assert run.returncode == 2, run.stderr.decode()
    assert said in run.stderr.decode().splitlines()[-1]


@pytest.mark.slow
def test_a_model_that_was_taught_says_by_whom_and_counts_its_teacher_s_pictures_as_seen(
    six_classes: Path, tmp_path: Path
) -> None:
    shutil.copytree(six_classes / "class 0", tmp_path / "others" / "a")
    shutil.copytree(six_classes / "class 1", tmp_path / "others" / "b")
    for number in (2, 3):
        shutil.copytree(six_classes / f"class {number}", tmp_path / "ours" / f"class {number}")
    short = [*TINY[:-1], "2", "--batch-classes", "2", "--split", "none"]
    succeeded(imgsearch("train", "others", "-o", "teacher", *short, folder=tmp_path))
    plain = imgsearch("train", "ours", "-o", "plain", *short, folder=tmp_path)
    succeeded(plain)
    run = imgsearch("train", "ours", "-o", "taught", *short, "--teacher", "teacher", folder=tmp_path)
    succeeded(run)
    assert "conv4 from scratch, taught by teacher" in run.stderr.decode() and "taught" not in plain.stderr.decode()
    training = described(tmp_path / "taught")["training"]
    assert training["teacher"] == "teacher" and training["class_names"] == ["a", "b", "class 2", "class 3"]
    theirs, alone, both = (load_model(tmp_path / name).training_hashes() for name in ("teacher", "plain", "taught"))
    assert both == theirs | alone and len(both) == 16
    weights = [load_file(tmp_path / name / "weights.safetensors") for name in ("plain", "taught")]
    assert any(not np.array_equal(value, weights[1][name]) for name, value in weights[0].items())


@pytest.mark.slow
def test_after_ctrl_c_there_is_a_model_and_the_run_can_still_go_on(six_classes: Path, tmp_path: Path) -> None:
    options = [*TINY[:-1], "200"]
    with started("train", six_classes, "-o", "model", *options, "--patience", "200", folder=tmp_path) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith(b"epoch 2/200"):
            pass
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode == 130
    succeeded(imgsearch("eval", six_classes, "--model", "model", folder=tmp_path))
    before = len(described(tmp_path / "model")["training"]["epochs"])
    with started("train", six_classes, "-o", "model", "--resume", folder=tmp_path) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith(f"epoch {before + 1}/200".encode()):
            pass
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    training = described(tmp_path / "model")["training"]
    assert process.returncode == 130 and training["interrupted"]
    assert [report["epoch"] for report in training["epochs"]] == list(range(len(training["epochs"])))
    assert len(training["epochs"]) > before


@pytest.mark.slow
def test_a_full_disk_ends_in_one_line_and_the_run_goes_on_when_there_is_room(six_classes: Path, tmp_path: Path) -> None:
    """The limit on the size of a file stands for the disk: what is larger cannot be written."""

    def limited(size: int) -> Finished:
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "imgsearch", "train", six_classes, "-o", "model", "--resume", *TINY],
            cwd=tmp_path,
            capture_output=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
        )

    run = limited(300_000)
    refused_after_start(run, "checkpoint.safetensors: the state of the run cannot be saved (File too large)")
    assert [path.name for path in tmp_path.rglob("*.safetensors*")] == []
    run = limited(100_000_000)
    succeeded(run)
    assert described(tmp_path / "model")["training"]["epochs"][-1]["epoch"] <= 8


@pytest.mark.slow
def test_a_loss_that_runs_away_ends_in_one_line_and_the_last_good_state_survives(
    six_classes: Path, tmp_path: Path
) -> None:
    with started("train", six_classes, "-o", "model", *TINY, folder=tmp_path) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith(b"epoch 2/8"):
            pass
        process.send_signal(signal.SIGKILL)
    before = contents(tmp_path / "model.part")
    run = imgsearch("train", six_classes, "-o", "model", "--resume", "--lr", "1e38", folder=tmp_path)
    refused_after_start(run, "training ran away in epoch ")
    assert "lower --lr (now 1e+38)" in run.stderr.decode()
    assert contents(tmp_path / "model.part") == before
    succeeded(imgsearch("train", six_classes, "-o", "model", "--resume", "--lr", "0.001", folder=tmp_path))


@pytest.mark.slow
def test_a_collapse_is_said_in_words(six_classes: Path, tmp_path: Path) -> None:
    run = imgsearch(
        "train", six_classes, "-o", "model", *TINY[:-1], "20", "--loss", "contrastive", "--set", "margin=0.0", "--lr",
        "0.02", "--patience", "20",
        folder=tmp_path,
    )  # fmt: skip
    succeeded(run)  # nothing is ever pushed apart
    assert "the embeddings have collapsed" in run.stderr.decode()


@pytest.mark.slow
def test_parts_are_chosen_by_name_and_kept_with_the_model(six_classes: Path, tmp_path: Path) -> None:
    run = imgsearch(
        "train", six_classes, "-o", "model", *TINY[:-1], "1", "--loss", "margin", "--miner", "batch_all", "--sampler",
        "offline", "--pooling", "r_mac", "--embedding-dim", "16", "--set", "beta=1", "--set", "sampler.hardness=hard",
        "--set", "pooling.levels=2", "--split", "none",
        folder=tmp_path,
    )  # fmt: skip
    succeeded(run)
    assert "loss margin, miner batch_all, sampler offline, pooling r_mac" in run.stderr.decode()
    info = described(tmp_path / "model")
    config = info["training"]["config"]
    assert (config["loss"], config["miner"], config["sampler"]) == ("margin", "batch_all", "offline")
    assert (config["loss_options"], config["sampler_options"]) == ({"beta": 1}, {"hardness": "hard"})
    assert info["architecture"] == {
        "backbone": "conv4", "embedding_dim": 16, "pooling": "r_mac", "pooling_options": {"levels": 2},
    }  # fmt: skip
    assert info["dimension"] == 16 and info["quality"] == {}
    # Going on from it with another head keeps its trunk.
    on = imgsearch(
        "train", six_classes, "-o", "on", "--from", "model", "--embedding-dim", "8", "--pooling", "mac", "--epochs",
        "1", "--batch-classes", "3", "--batch-images", "2", folder=tmp_path,
    )  # fmt: skip
    succeeded(on)
    assert described(tmp_path / "on")["architecture"] == {"backbone": "conv4", "embedding_dim": 8, "pooling": "mac"}


@pytest.mark.slow
def test_a_table_gives_labels_and_the_columns_that_a_loss_wants(six_classes: Path, tmp_path: Path) -> None:
    rows = [f"{path.relative_to(six_classes)},{path.parent.name},{path.stem}" for path in six_classes.rglob("*.png")]
    (tmp_path / "labels.csv").write_text("\n".join(["path,label,order", *rows]))
    run = imgsearch(
        "train", six_classes, "-o", "model", "--labels", "labels.csv", "--loss", "ordered_quadruplet", *TINY[:-1], "1",
        folder=tmp_path,
    )  # fmt: skip
    succeeded(run)
    assert described(tmp_path / "model")["training"]["data"]["pictures"] == 16  # of four classes; two are validated on


@pytest.mark.slow
def test_two_processes_started_by_torchrun_make_one_model(six_classes: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "imgsearch",
         "train", str(six_classes), "-o", "model", *TINY[:-1], "2", "--batch-classes", "4"],
        cwd=tmp_path, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, check=False, timeout=280,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr.decode()
    assert run.stderr.decode().count("training on ") == 1
    assert len(described(tmp_path / "model")["training"]["epochs"]) == 3
    succeeded(imgsearch("eval", six_classes, "--model", "model", folder=tmp_path))
