"""torchvision's classifiers as encoders: the features, the pictures that go in, the weights that are read."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision import models
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names
from torchvision.transforms import InterpolationMode
from torchvision.transforms._presets import ImageClassification

from imgsearch.encoder import Encoder
from imgsearch.errors import UserError
from imgsearch.images.preprocess import Preprocessing
from imgsearch.model import load_model
from imgsearch.training.torchvision_encoder import Headless, export_torchvision
from imgsearch.training.torchvision_weights import find_weights, with_weights
from tests.conftest import draw
from tests.training.tiny import CLASSES, MEAN, STD, TINY, publish

MEAN_STD = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("resnet18", 64),
        ("mobilenet_v3_small", 64),
        ("shufflenet_v2_x0_5", 64),
        pytest.param("densenet121", 64, marks=pytest.mark.slow),
        pytest.param("alexnet", 64, marks=pytest.mark.slow),
        pytest.param("vit_b_32", 224, marks=pytest.mark.slow),
        pytest.param("convnext_tiny", 64, marks=pytest.mark.slow),
        pytest.param("swin_t", 64, marks=pytest.mark.slow),
    ],
)
def test_the_embedding_is_what_the_last_layer_of_the_classifier_would_take(name: str, side: int) -> None:
    torch.manual_seed(0)
    network = models.get_model(name, weights=None).eval()
    before_the_last = get_graph_node_names(network)[1][-2]
    pictures = torch.randint(0, 256, (2, side, side, 3), dtype=torch.uint8)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in MEAN_STD)
    normalised = (pictures.permute(0, 3, 1, 2) / 255 - mean) / std
    with torch.inference_mode():
        features = create_feature_extractor(network, [before_the_last])(normalised)[before_the_last].flatten(1)
        rows = Headless(network, 1000, *MEAN_STD)(pictures)
    assert rows.shape == features.shape
    assert torch.allclose(rows, features / features.norm(dim=1, keepdim=True), atol=1e-5)


def test_squeezenet_has_a_last_layer_that_is_a_convolution() -> None:
    network = models.squeezenet1_1(weights=None).eval()
    pictures = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    with torch.inference_mode():
        normalised = (pictures.permute(0, 3, 1, 2) / 255 - 0.5) / 0.25
        pooled = network.features(normalised).mean(dim=(2, 3))
        rows = Headless(network, 1000, [0.5] * 3, [0.25] * 3)(pictures)
    assert torch.allclose(rows, pooled / pooled.norm(dim=1, keepdim=True), atol=1e-5)


def test_a_network_without_such_a_layer_is_none_to_cut() -> None:
    with pytest.raises(ValueError, match="no layer has 7 outputs"):
        Headless(nn.Linear(3, 8), 7, *MEAN_STD)


@pytest.mark.parametrize("size", [(256, 256), (400, 300), (301, 517), (90, 70), (1200, 300)])
@pytest.mark.parametrize(
    ("crop", "resize", "mode"),
    [(224, 256, InterpolationMode.BILINEAR), (64, 65, InterpolationMode.BICUBIC), (64, 64, InterpolationMode.BILINEAR)],
)
def test_pictures_go_in_as_torchvisions_own_preset_makes_them(
    size: tuple[int, int], crop: int, resize: int, mode: InterpolationMode
) -> None:
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), dtype=np.uint8))
    preset = ImageClassification(crop_size=crop, resize_size=resize, mean=(0, 0, 0), std=(1, 1, 1), interpolation=mode)
    theirs = (preset(image) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    assert (Preprocessing(crop, resize, mode.value).pixels(image) == theirs).all()


def test_an_exported_network_embeds_picture_files_as_torchvision_would(tmp_path: Path, torch_home: Path) -> None:
    publish(torch_home)
    export_torchvision(TINY, find_weights(TINY), tmp_path, {"versions": {}})
    picture = draw(tmp_path / "picture.png", 1, size=(100, 70))
    network = with_weights(TINY, find_weights(TINY)).eval()
    with torch.inference_mode(), Image.open(picture) as image:
        maps = network.features(find_weights(TINY).transforms()(image)[None])  # type: ignore[operator]
        features = maps.mean(dim=(2, 3))[0].numpy()
    encoder = Encoder(tmp_path)
    assert encoder.embed([picture])[0] == pytest.approx(features / np.linalg.norm(features), abs=1e-5)
    info = load_model(tmp_path).info
    assert (info.name, info.input_size, info.resize, info.interpolation) == (
        f"torchvision:{TINY}@V2",
        32,
        40,
        "bicubic",
    )
    assert (list(info.mean), list(info.std)) == (list(MEAN), list(STD))
    assert info.training["default"] and info.training["published"] == {"ImageNet-1K": {"acc@1": 12.5}}


def test_names_that_torchvision_does_not_have_are_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match="unknown torchvision network 'resnet81'; did you mean 'resnet18'"):
        find_weights("resnet81")
    with pytest.raises(UserError, match="unknown weights of resnet50 'IMAGENET1K_V3'; did you mean 'IMAGENET1K_V2'"):
        find_weights("resnet50", "IMAGENET1K_V3")
    assert find_weights("resnet50").name == find_weights("resnet50", "DEFAULT").name == "IMAGENET1K_V2"


def test_weights_of_no_classifier_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="vgg16@IMAGENET1K_FEATURES is no classifier"):
        export_torchvision("vgg16", find_weights("vgg16", "IMAGENET1K_FEATURES"), tmp_path, {})


def test_a_network_too_large_for_a_file_is_refused_before_its_download(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"vit_h_14@IMAGENET1K_SWAG_E2E_V1 has 2\.5 GB of weights, .* take a smaller"):
        export_torchvision("vit_h_14", find_weights("vit_h_14"), tmp_path, {})


class Code:
    """What a stranger might put into a file of weights."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("harm"),)  # type: ignore[return-value]


@pytest.mark.parametrize("harm", ["garbage", "pickle", "cut", "other"])
def test_a_damaged_or_hostile_file_of_weights_is_one_line_and_runs_no_code(
    torch_home: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    monkeypatch.chdir(torch_home)
    file = publish(torch_home)
    if harm == "cut":
        file.write_bytes(file.read_bytes()[:1000])
    elif harm == "other":
        torch.save({"features.0.weight": torch.zeros(CLASSES)}, file)
    else:
        file.write_bytes(b"garbage" if harm == "garbage" else pickle.dumps({"features.0.weight": Code()}))
    with pytest.raises(UserError, match=rf"the weights of {TINY} cannot be loaded \(.+\); remove .*, which is damaged"):
        with_weights(TINY, find_weights(TINY))
    assert not (torch_home / "harm").exists()
