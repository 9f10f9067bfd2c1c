"""From a trained network to a model folder, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from imgsearch.errors import ModelError
from imgsearch.model import ModelInfo, load_model, write_info
from imgsearch.training.config import TrainingConfig
from imgsearch.training.embedder import new_embedder
from imgsearch.training.export import export, load_weights, save_weights
from imgsearch.training.run import Run
from imgsearch.training.trainer import train
from tests.training.helpers import striped

QUICK = TrainingConfig(image_size=32, epochs=2, classes_per_batch=4, images_per_class=4)


def saved(tmp_path: Path, folder: str = "model") -> Path:
    """A model folder with an untrained network of 16 dimensions."""
    place = tmp_path / folder
    place.mkdir()
    embedder = new_embedder("small", 16, 0)
    export(embedder, place, 32)
    write_info(place, ModelInfo("test", {"backbone": "small", "embedding_dim": 16}, input_size=32, dimension=16))
    return place


def test_the_exported_encoder_computes_what_the_network_computes_at_any_size_and_batch(tmp_path: Path) -> None:
    from imgsearch.encoder import run_graph

    run = Run(new_embedder("small", seed=0), striped(4), QUICK)
    train(run)
    embedder = run.result()
    assert export(embedder, tmp_path, 32) < 1e-5
    for shape in ((1, 32, 32, 3), (5, 48, 64, 3)):
        pictures = torch.randint(0, 256, shape, dtype=torch.uint8)
        with torch.inference_mode():
            expected = embedder(pictures).numpy()
        assert np.abs(run_graph(tmp_path / "encoder.onnx", pictures.numpy()) - expected).max() < 1e-5
    assert not list(tmp_path.glob("*.part"))


def test_weights_come_back_as_the_network_that_was_exported(tmp_path: Path) -> None:
    from imgsearch.encoder import run_graph

    folder = saved(tmp_path)
    pictures = torch.randint(0, 256, (3, 32, 32, 3), dtype=torch.uint8)
    with torch.inference_mode():
        again = load_weights(load_model(folder)).eval()(pictures).numpy()
    assert np.abs(run_graph(folder / "encoder.onnx", pictures.numpy()) - again).max() < 1e-5


def test_weights_of_another_architecture_or_damaged_or_missing_are_refused_in_one_line(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    save_weights(new_embedder("small", 8, 0), folder)
    with pytest.raises(ModelError, match="does not fit the model's architecture"):
        load_weights(load_model(folder))
    (folder / "weights.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="does not fit the model's architecture"):
        load_weights(load_model(folder))
    (folder / "weights.safetensors").unlink()
    with pytest.raises(ModelError, match=r"weights\.safetensors: missing"):
        load_weights(load_model(folder))
