"""What a run begins with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from imgsearch.errors import UserError
from imgsearch.model import Model, ModelInfo
from imgsearch.training.backbones import torchvision_trunk
from imgsearch.training.backbones.build import build_backbone
from imgsearch.workflows.labelled import Labelled
from imgsearch.workflows.preparing import network, read, split_classes, teacher
from imgsearch.workflows.settings import settle


def labelled(folder: Path, counts: dict[str, int]) -> Labelled:
    paths = []
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (16, 16), (10 * number, 0, 0)).save(folder / name / f"{number}.png")
            paths.append(folder / name / f"{number}.png")
    return Labelled(tuple(paths), tuple(path.parent.name for path in paths))


@pytest.mark.parametrize(
    ("classes", "split", "held_out"),
    [
        (4, None, 0),
        (5, None, 2),
        (30, None, 3),
        (240, None, 24),
        (30, "none", 0),
        (4, "holdout:2", 2),
        (10, "holdout:0.3", 3),
    ],
)
def test_a_tenth_of_the_classes_validates_unless_there_are_few(classes: int, split: str | None, held_out: int) -> None:
    names = [f"{number:03}" for number in range(classes)]
    data = Labelled(tuple(Path(name) for name in names), tuple(names))
    taught, unseen = split_classes(data, split)
    assert len(taught.classes) == classes - held_out
    assert (() if unseen is None else unseen.classes) == tuple(names[classes - held_out :])


def test_held_out_classes_of_single_pictures_could_tell_nothing_and_are_left_aside(tmp_path: Path) -> None:
    data = labelled(tmp_path, {"a": 3, "b": 3, "c": 3, "d": 1, "e": 1})
    dataset, measured = read(data, settle({"start": "scratch", "image_size": 16}))
    assert dataset.classes == ("a", "b", "c") and measured is None


def test_torchvisions_own_weights_are_where_training_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    trunk = build_backbone("resnet18")
    with torch.no_grad():
        trunk[0].weight.fill_(0.5)  # type: ignore[index]
    known = {("resnet18", None): trunk, ("resnet18", "IMAGENET1K_V1"): trunk}
    monkeypatch.setattr(torchvision_trunk, "pretrained", lambda name, wanted: known[name, wanted])
    for start in ("torchvision:resnet18", "torchvision:resnet18@IMAGENET1K_V1"):
        embedder = network(settle({"start": start, "embedding_dim": 8}), None)
        assert (embedder.backbone[0].weight == 0.5).all() and embedder.dimension == 8  # type: ignore[index]


def test_a_torchvision_network_that_there_is_not_is_refused() -> None:
    with pytest.raises(UserError, match="unknown backbone 'resnet81'; did you mean 'resnet18'"):
        network(settle({"start": "torchvision:resnet81"}), None)


@pytest.mark.parametrize(
    ("architecture", "told"),
    [
        ({}, "--teacher theirs: an encoder without weights; only a model made by deep training can teach"),
        ({"backbone": "conv4", "image_size": 32}, "--teacher theirs: made for pictures of one size"),
        ({"backbone": "conv4"}, "weights.safetensors: missing"),
    ],
)
def test_a_model_that_cannot_teach_is_refused_with_the_reason(
    tmp_path: Path, architecture: dict[str, Any], told: str
) -> None:
    with pytest.raises(UserError, match=told):
        teacher(Model(tmp_path, ModelInfo("theirs", architecture, input_size=32, dimension=2)), "theirs")
