"""`--model torchvision:NAME` as its user meets it, with weights made on the spot, where a download would lie."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import torch
from torchvision import models

from imgsearch.index import Index

from ..conftest import draw, imgsearch
from .helpers import succeeded
from .test_train import without_torch

NAME = "torchvision:squeezenet1_1"


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """An empty cache, an empty place for downloads, and a network that there is not."""
    nowhere = "http://127.0.0.1:9"
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), nowhere)
    return {**proxies, "IMGSEARCH_CACHE": str(tmp_path / "cache"), "TORCH_HOME": str(tmp_path / "torch")}


@pytest.mark.slow
def test_a_network_of_torchvision_indexes_answers_and_is_measured(
    tmp_path: Path, places: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    url = models.get_model_weights("squeezenet1_1").DEFAULT.url
    file = tmp_path / "torch" / "hub" / "checkpoints" / url.rsplit("/", 1)[-1]
    file.parent.mkdir(parents=True)
    torch.save(models.squeezenet1_1().state_dict(), file)
    for number in range(6):
        draw(tmp_path / "photos" / ("warm" if number < 3 else "cool") / f"{number}.png", number)

    run = imgsearch("index", "photos", "--json", "--model", NAME, folder=tmp_path, environment=places)
    assert json.loads(succeeded(run))["added"] == 6
    assert b"not in the cache yet; fetching its weights and exporting it" in run.stderr
    info = Index.open(tmp_path / ".imgsearch").model.info
    assert (info.name, info.dimension, info.input_size, info.resize) == (f"{NAME}@IMAGENET1K_V1", 512, 224, 256)
    matches = succeeded(imgsearch("query", "photos/warm/1.png", folder=tmp_path, environment=places))
    assert len(matches.splitlines()) == 5

    monkeypatch.setenv("IMGSEARCH_CACHE", places["IMGSEARCH_CACHE"])
    again = without_torch("eval", "photos", "--json", "--model", f"{NAME}@IMAGENET1K_V1", folder=tmp_path)
    assert 0 <= json.loads(succeeded(again))["metrics"]["recall_at_1"] <= 1
    assert b"cache" not in again.stderr
    taught = imgsearch(
        "train", "photos", "-o", "m", "--metric", "lda", "--from", NAME, folder=tmp_path, environment=places
    )
    succeeded(taught)
    succeeded(imgsearch("eval", "photos", "--model", "m", folder=tmp_path, environment=places))
    deep = imgsearch("train", "photos", "-o", "n", "--loss", "triplet", "--from", places["IMGSEARCH_CACHE"]
                     + "/torchvision/squeezenet1_1@IMAGENET1K_V1", folder=tmp_path, environment=places)  # fmt: skip
    assert deep.returncode == 2 and b"an encoder without weights to train on; take --metric lda" in deep.stderr


def one_line(run: subprocess.CompletedProcess[bytes]) -> str:
    """The last line on stderr of a command that ended with exit code 2 and gave no answer."""
    assert (run.returncode, run.stdout) == (2, b""), run.stderr.decode()
    return run.stderr.decode().splitlines()[-1]


def test_offline_it_says_what_to_do_and_leaves_nothing(tmp_path: Path, places: dict[str, str]) -> None:
    draw(tmp_path / "photos" / "0.png", 1)
    run = imgsearch("index", "photos", "--model", "torchvision:mnasnet0_5", folder=tmp_path, environment=places)
    said = one_line(run)
    assert (
        said.startswith("imgsearch: the weights of mnasnet0_5 cannot be loaded (") and "connect to the internet" in said
    )
    assert f" as {tmp_path / 'torch' / 'hub' / 'checkpoints'}" in said
    assert not (tmp_path / ".imgsearch").exists() and not list((tmp_path / "cache").rglob("*@*"))


def test_names_are_checked_before_any_download(tmp_path: Path, places: dict[str, str]) -> None:
    draw(tmp_path / "photos" / "a" / "0.png", 1)
    run = imgsearch("eval", "photos", "--model", "torchvision:resnet81", folder=tmp_path, environment=places)
    assert one_line(run) == "imgsearch: unknown torchvision network 'resnet81'; did you mean 'resnet18'?"
    missing = without_torch("eval", "photos", "--model", "torchvision:mnasnet0_5", folder=tmp_path)
    assert "torchvision:mnasnet0_5 needs torch, " in one_line(missing)
    assert one_line(missing).endswith("pip install 'imgsearch[train]'")
