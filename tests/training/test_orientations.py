"""What a picture has in several orientations, joined."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from imgsearch.errors import UserError
from imgsearch.metric.linear import LinearMetric
from imgsearch.model import Model, ModelInfo
from imgsearch.training.config import TrainingConfig
from imgsearch.training.embedder import Embedder
from imgsearch.training.export import export, load_weights
from imgsearch.training.fold import fold, restaged
from imgsearch.training.orientations import in_each_orientation, oriented
from imgsearch.training.variants import show


def pictures(count: int = 3, side: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize("count", [4, 8])
def test_the_orientations_are_the_variants_that_are_classes_of_their_own_in_their_order(count: int) -> None:
    config = TrainingConfig(mirrored_classes=count == 8)
    seen = oriented(torch.from_numpy(pictures()).permute(0, 3, 1, 2), count).permute(0, 2, 3, 1).numpy()
    shown = [show(pictures(), np.full(3, variant), config) for variant in range(count)]
    np.testing.assert_array_equal(seen, np.concatenate(shown))


@pytest.mark.parametrize("count", [4, 8])
@pytest.mark.parametrize("stages", [1, 2])
def test_pictures_are_as_alike_as_their_orientations_are_on_average(count: int, stages: int) -> None:
    torch.manual_seed(0)
    plain = Embedder("small", stages=stages).eval()
    joined = restaged(plain, stages, 32, orientations=count)
    config = TrainingConfig(mirrored_classes=count == 8)
    with torch.no_grad():
        each = [
            plain(torch.from_numpy(np.ascontiguousarray(show(pictures(), np.full(3, variant), config))))
            for variant in range(count)
        ]
        rows = joined(torch.from_numpy(pictures()))
    alike = torch.stack([one @ one.T for one in each]).mean(dim=0)
    assert rows.shape == (3, count * plain.dimension)
    assert torch.allclose(rows @ rows.T, alike, atol=1e-5)
    joined.train()  # unlike a mirror image, which is left out then
    assert joined(torch.from_numpy(pictures())).shape == rows.shape


def test_a_turned_picture_has_the_same_blocks_in_another_order() -> None:
    torch.manual_seed(0)
    joined = Embedder("small", stages=1, orientations=4).eval()
    upright = joined(torch.from_numpy(pictures())).view(3, 4, -1)
    turned = joined(torch.from_numpy(np.rot90(pictures(), axes=(1, 2)).copy())).view(3, 4, -1)
    assert torch.allclose(turned, upright.roll(-1, dims=1), atol=1e-5)
    assert not torch.allclose(turned, upright, atol=1e-3)


def test_a_metric_on_all_orientations_maps_each_as_it_maps_one() -> None:
    generator = np.random.default_rng(0)
    metric = LinearMetric.centred(generator.normal(size=(3, 5)), generator.normal(size=5))
    rows = generator.normal(size=(8, 5)).astype(np.float32)
    joined = rows.reshape(1, -1) / np.float32(8**0.5)
    mapped = np.concatenate([row @ metric.matrix.T + metric.offset for row in rows])
    np.testing.assert_allclose(
        in_each_orientation(metric, 8).transform(joined)[0], mapped / np.linalg.norm(mapped), atol=1e-6
    )


def test_the_exported_encoder_sees_all_orientations_too_and_training_goes_on_from_it(tmp_path: Path) -> None:
    torch.manual_seed(0)
    embedder = restaged(Embedder("small"), 2, 32, orientations=8)
    fold(embedder, LinearMetric.centred(np.random.default_rng(0).normal(size=(7, 384 * 8)), np.zeros(384 * 8)))
    assert export(embedder, tmp_path, 32) < 1e-5
    info = ModelInfo("test", embedder.architecture, input_size=32, dimension=embedder.dimension)
    again = load_weights(Model(tmp_path, info))
    assert again.architecture == {"backbone": "small", "embedding_dim": 7, "stages": 2, "orientations": 8}
    seen = torch.from_numpy(pictures())
    assert torch.allclose(again.eval()(seen), embedder(seen), atol=1e-5)


@pytest.mark.parametrize("count", [0, 2, 3, 9])
def test_there_are_no_other_numbers_of_orientations(count: int) -> None:
    with pytest.raises(UserError, match=f"orientations must be 1, 4 or 8, not {count}"):
        Embedder("small", orientations=count)
