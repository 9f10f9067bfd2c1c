"""Features of a backbone's last stages, averaged over mirror images; a metric taken in as the last layer."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from imgsearch.errors import UserError
from imgsearch.metric.linear import LinearMetric
from imgsearch.model import Model, ModelInfo
from imgsearch.training.embedder import Embedder, new_embedder
from imgsearch.training.export import export, load_weights
from imgsearch.training.fold import fold, with_stages
from imgsearch.training.stages import joined, stage_ends, stage_maps


def pictures(count: int = 3, side: int = 32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, side, side, 3), dtype=torch.uint8, generator=generator)


def model_of(embedder: Embedder, folder: Path) -> Model:
    export(embedder, folder, 32)
    return Model(folder, ModelInfo("test", embedder.architecture, input_size=32, dimension=embedder.dimension))


def test_a_stage_ends_where_the_maps_become_smaller() -> None:
    backbone = nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 6, 3, 2, 1), nn.Conv2d(6, 8, 3, 1, 1), nn.MaxPool2d(2)
    )
    assert stage_ends(backbone, 32, 3) == [(1, 4), (3, 8), (4, 8)]
    assert stage_ends(backbone, 32, 1) == [(4, 8)]
    maps = stage_maps(backbone, torch.rand(2, 3, 32, 32), [1, 3, 4])
    assert [tuple(item.shape) for item in maps] == [(2, 4, 16, 16), (2, 8, 8, 8), (2, 8, 4, 4)]
    for wrong in (0, 4):
        with pytest.raises(UserError, match=f"stages must be from 1 to 3 for this backbone, not {wrong}"):
            stage_ends(backbone, 32, wrong)


def test_joined_stages_are_one_unit_vector_in_which_each_counts_the_same() -> None:
    rows = joined([torch.tensor([[0.0, 5.0]]), torch.tensor([[3.0, 4.0]])])
    assert torch.allclose(rows, torch.tensor([[0.0, 1.0, 0.6, 0.8]]) / 2**0.5)


@pytest.mark.parametrize("mirrored", [False, True])
def test_features_of_two_stages_are_what_running_the_blocks_by_hand_gives(mirrored: bool) -> None:
    torch.manual_seed(0)
    embedder = Embedder("small", stages=2, mirrored=mirrored).eval()
    floats = pictures().permute(0, 3, 1, 2).float()

    def pooled(maps: torch.Tensor) -> torch.Tensor:
        return maps.clamp(min=1e-6).pow(3).mean(dim=(2, 3)).pow(1 / 3)

    def by_hand(seen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        blocks = list(embedder.backbone.children())
        third = nn.Sequential(*blocks[:-2])((seen - embedder.mean) * embedder.scale)
        return pooled(third), pooled(nn.Sequential(*blocks[-2:])(third))

    third, fourth = by_hand(floats)
    if mirrored:
        other = by_hand(floats.flip(3))
        third, fourth = (third + other[0]) / 2, (fourth + other[1]) / 2
    expected = torch.cat([functional.normalize(third, dim=1), functional.normalize(fourth, dim=1)], 1) / 2**0.5
    assert embedder.dimension == 128 + 256
    assert torch.allclose(embedder(pictures()), expected, atol=1e-5)


def test_a_mirrored_picture_has_the_same_embedding_where_both_are_averaged_but_not_in_training() -> None:
    embedder = new_embedder("small", 8)
    embedder = Embedder("small", 8, stages=1, mirrored=True)
    embedder.eval()
    turned = pictures().flip(2)
    assert torch.allclose(embedder(pictures()), embedder(turned), atol=1e-5)
    embedder.train()
    assert not torch.allclose(embedder(pictures()), embedder(turned), atol=1e-3)


def test_a_folded_metric_gives_what_it_gives_of_the_unfolded_embeddings(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    plain = model_of(new_embedder("small", 16), tmp_path / "plain")
    embedder = with_stages(plain, 2)
    before = embedder(pictures()).detach().numpy()
    generator = np.random.default_rng(0)
    metric = LinearMetric.centred(generator.normal(size=(7, 384)), before.mean(axis=0))
    fold(embedder, metric)
    after = embedder(pictures()).detach().numpy()
    assert np.allclose(after, metric.transform(before), atol=1e-5)
    assert all(
        torch.equal(value, load_weights(plain).backbone.state_dict()[name])
        for name, value in embedder.backbone.state_dict().items()
    )
    (tmp_path / "folded").mkdir()
    again = load_weights(model_of(embedder, tmp_path / "folded"))  # to go on training from
    assert again.architecture == {"backbone": "small", "embedding_dim": 7, "stages": 2, "mirrored": True}
    exported = embedder(pictures()).detach().numpy()  # which rounds kernels
    assert np.allclose(again.eval()(pictures()).detach().numpy(), exported, atol=1e-5)
    other = load_weights(dataclasses.replace(plain, folder=tmp_path / "folded", info=dataclasses.replace(
        plain.info, architecture=again.architecture)), embedding_dim=5)  # fmt: skip
    assert other.architecture == {**again.architecture, "embedding_dim": 5}


def test_only_a_network_that_gives_unit_features_takes_a_metric_in() -> None:
    metric = LinearMetric.centred(np.eye(256), np.zeros(256))
    for embedder in (Embedder("small"), Embedder("small", 256, stages=1)):
        with pytest.raises(UserError, match="without a linear layer"):
            fold(embedder, metric)


def test_a_pooling_made_for_one_size_of_maps_joins_no_stages() -> None:
    with pytest.raises(UserError, match="vectorise_fc is made for maps of one size"):
        Embedder("small", 8, "vectorise_fc", image_size=32, stages=2)
