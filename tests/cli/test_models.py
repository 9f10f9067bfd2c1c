"""`imgsearch models`: what there is to name by --model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from imgsearch.metric.linear import LinearMetric
from imgsearch.model import BASE, ModelInfo, load_model, write_info, write_metric

from ..conftest import imgsearch
from .helpers import refused, succeeded


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a model that has a linear metric, an encoder of others, a broken model, and a cache beside it."""
    folder = tmp_path / "here"
    shutil.copytree(BASE, folder / "mine", ignore=shutil.ignore_patterns("*.safetensors", "README.md"))
    dimension = load_model("base").info.dimension
    write_metric(
        folder / "mine", LinearMetric(np.eye(8, dimension, dtype=np.float32), offset=np.zeros(8, dtype=np.float32))
    )
    (folder / "mine" / "notes.txt").write_text("not a file of the model")
    (folder / "broken").mkdir()
    (folder / "broken" / "model.json").write_text("{")
    (folder / "photos").mkdir()
    cached = tmp_path / "cache" / "torchvision" / "resnet18@IMAGENET1K_V1"
    cached.mkdir(parents=True)
    quality = {
        "published": 3,
        "flowers": {"recall_at_1": 0.5, "pictures": 200, "map_at_r": 0.25},
        "birds": {"map_at_r": 1},
    }
    write_info(cached, ModelInfo("resnet18", {}, input_size=224, dimension=512, quality=quality))
    (cached / "encoder.onnx").write_bytes(b"0" * 1_000_000)
    (cached.parent / "vgg16@IMAGENET1K_V1-x.part").mkdir()
    return folder


def listed(here: Path, *arguments: str) -> tuple[list[dict[str, object]], str]:
    run = imgsearch(
        "models", "--json", *arguments, folder=here, environment={"IMGSEARCH_CACHE": str(here.parent / "cache")}
    )
    rows: list[dict[str, object]] = json.loads(succeeded(run))
    return rows, run.stderr.decode()


def test_the_embedded_one_the_cache_and_those_here_are_listed(here: Path) -> None:
    rows, said = listed(here)
    assert [row["model"] for row in rows] == ["base", "torchvision:resnet18@IMAGENET1K_V1", "mine"]
    assert said.startswith("imgsearch: broken/model.json: not a model description") and said.count("\n") == 1
    base, cached, mine = rows
    info = load_model("base").info
    assert (base["dimension"], base["input_size"]) == (info.dimension, info.input_size)
    names = ("model.json", "encoder.onnx", "weights.safetensors", "training.bin", "metric.npy")
    assert base["bytes"] == sum((BASE / name).stat().st_size for name in names if (BASE / name).exists())
    assert (cached["dimension"], cached["input_size"]) == (512, 224)
    assert cached["quality"] == {"flowers": {"recall_at_1": 0.5, "map_at_r": 0.25}, "birds": {"map_at_r": 1}}
    assert mine["dimension"] == 8  # that of the vectors that are compared


def test_the_table_says_the_same(here: Path) -> None:
    environment = {"IMGSEARCH_CACHE": str(here.parent / "cache")}
    lines = succeeded(imgsearch("models", folder=here, environment=environment)).decode().splitlines()
    assert lines[0].split("\t") == ["model", "dimension", "input", "size", "recall_at_1 / map_at_r"]
    name, dimension, side, size, quality = lines[2].split("\t")
    assert (name, dimension, side) == ("torchvision:resnet18@IMAGENET1K_V1", "512", "224") and size == "1.0 MB"
    assert quality == "0.5000 / 0.2500 (flowers), – / 1.0000 (birds)"
    assert lines[3].endswith("\tnot measured") == (not load_model("base").info.quality)


def test_only_those_that_are_named_are_looked_at(here: Path) -> None:
    assert [row["model"] for row in listed(here, "mine", "base")[0]] == ["mine", "base"]
    rows, said = listed(here.parent, "here/mine")
    assert [row["model"] for row in rows] == ["here/mine"] and said == ""
    refused(imgsearch("models", "nowhere", folder=here), "nowhere: no such model folder; name one")
    run = imgsearch("models", ".", folder=here)
    assert run.returncode == 2 and b"broken/model.json: not a model" in run.stderr and b"\nmine\t" in run.stdout


def test_speed_is_measured_on_request(here: Path) -> None:
    rows, _ = listed(here, "--speed", "mine")
    assert isinstance(rows[0]["pictures_a_second"], float) and rows[0]["pictures_a_second"] > 0
    run = imgsearch("models", "--speed", "mine", folder=here)
    assert b"\tpictures/s\t" in succeeded(run).splitlines()[0]
    cached = here.parent / "cache" / "torchvision" / "resnet18@IMAGENET1K_V1"
    refused(imgsearch("models", "--speed", cached, folder=here), "not an encoder that can be run")


def test_an_encoder_of_others_is_listed_by_its_file(here: Path) -> None:
    onnx = pytest.importorskip("onnx")
    value, result = (
        onnx.helper.make_tensor_value_info(name, 1, shape) for name, shape in (("x", [1, 3, 8, 8]), ("y", None))
    )
    node = onnx.helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3])
    graph = onnx.helper.make_graph([node], "means", [value], [result])
    theirs = here / "theirs"
    theirs.mkdir()
    model = onnx.helper.make_model(graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", 17)])
    onnx.save(model, theirs / "encoder.onnx")
    (theirs / "model.json").write_text('{"input_size": 8, "layout": "NCHW", "mean": [0, 0, 0], "std": [1, 1, 1]}')
    rows, _ = listed(here)
    assert rows[-1]["model"] == "theirs/encoder.onnx" and (rows[-1]["dimension"], rows[-1]["input_size"]) == (3, 8)
    assert rows[-1]["bytes"] == (theirs / "encoder.onnx").stat().st_size
    assert [row["model"] for row in listed(here, "theirs")[0]] == ["theirs/encoder.onnx"]
