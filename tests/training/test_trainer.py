"""Training end to end on pictures that a small network tells apart within seconds: by the direction of stripes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from imgsearch.errors import ModelError, UserError
from imgsearch.model import ModelInfo, load_model, write_info
from imgsearch.training.config import Augmentation, TrainingConfig
from imgsearch.training.dataset import Dataset, load_dataset
from imgsearch.training.embedder import new_embedder
from imgsearch.training.export import export, load_weights, save_weights
from imgsearch.training.trainer import EpochReport, build_loss, train
from imgsearch.training.validation import embed_dataset, validate

QUICK = TrainingConfig(image_size=32, epochs=3, classes_per_batch=4, images_per_class=4, learning_rate=2e-3)


def striped(classes: int, each: int = 8, seed: int = 0) -> Dataset:
    """Stripes of one direction a class, in colours and at positions that mean nothing, 32×32."""
    generator = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(32), np.arange(32))
    angles = (np.arange(classes) + generator.random()) * np.pi / classes
    along = np.cos(angles)[:, None, None] * x + np.sin(angles)[:, None, None] * y
    phases = generator.random((classes, each, 1, 1)) * 2 * np.pi
    waves = np.sin(0.8 * along[:, None] + phases)[..., None]
    colours = generator.integers(60, 196, (classes, each, 1, 1, 3))
    noise = generator.integers(-20, 21, (classes, each, 32, 32, 3))
    pictures = np.clip(colours + 40 * waves + noise, 0, 255).astype(np.uint8).reshape(-1, 32, 32, 3)
    names = tuple(f"class {number}" for number in range(classes))
    return Dataset(pictures, np.repeat(np.arange(classes), each), names, (), ())


@pytest.mark.parametrize("loss", ["multi_similarity", "normalised_softmax"])
def test_the_loss_falls_and_every_epoch_is_reported(loss: str) -> None:
    reports: list[EpochReport] = []
    data = striped(4, each=16)
    train(new_embedder("small", None, 0), data, TrainingConfig(loss, image_size=32, epochs=4), report=reports.append)
    assert [report.epoch for report in reports] == [1, 2, 3, 4]
    assert reports[-1].loss < reports[0].loss
    assert reports[0].validation is None


def test_training_finds_pictures_of_its_classes_that_an_untrained_network_does_not() -> None:
    data = striped(6, each=24)
    trained, untrained = new_embedder("small", None, 0), new_embedder("small", None, 0)
    still = Augmentation(smallest_crop=0.7, flip=0.0)  # a mirrored stripe is of another class
    train(trained, data, TrainingConfig(image_size=32, epochs=10, classes_per_batch=6, augmentation=still))
    assert validate(trained, data, 32)["map_at_r"] > validate(untrained, data, 32)["map_at_r"] + 0.1


def test_the_same_seed_trains_the_same_network() -> None:
    first, second = new_embedder("small", None, 3), new_embedder("small", None, 3)
    for embedder in (first, second):
        train(embedder, striped(4), QUICK)
    for (name, value), other in zip(first.state_dict().items(), second.state_dict().values(), strict=True):
        assert torch.equal(value, other), name


def test_validation_is_on_other_pictures_and_reported_by_epoch() -> None:
    reports: list[EpochReport] = []
    train(new_embedder("small", None, 0), striped(4), QUICK, validation=striped(3, seed=9), report=reports.append)
    assert all(report.validation and 0 <= report.validation["map_at_r"] <= 1 for report in reports)


def test_crops_grow_to_their_full_size_by_two_thirds_of_the_run() -> None:
    config = TrainingConfig(image_size=64, grow_from=32, epochs=12)
    assert [config.side(epoch) for epoch in (0, 4, 8, 11)] == [32, 48, 64, 64]
    assert TrainingConfig(image_size=64).side(0) == 64


def test_embeddings_do_not_depend_on_the_batch_size() -> None:
    embedder = new_embedder("small", 16, 0)
    data = striped(3)
    assert np.allclose(embed_dataset(embedder, data, 32, 24), embed_dataset(embedder, data, 32, 5), atol=2e-2)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (striped(1), r"only one class \('class 0'\) to train on"),
        (striped(3, each=1), "no class has two readable pictures"),
    ],
)
def test_data_without_a_notion_of_similarity_is_refused(data: Dataset, message: str) -> None:
    with pytest.raises(UserError, match=message):
        train(new_embedder("small", None, 0), data, QUICK)


def test_a_loss_that_is_no_number_any_more_ends_the_run_with_the_remedy() -> None:
    embedder = new_embedder("small", None, 0)
    with torch.no_grad():
        next(embedder.parameters()).fill_(float("nan"))
    with pytest.raises(UserError, match="training ran away"):
        train(embedder, striped(4), QUICK)


def test_unknown_losses_and_options_are_answered_with_what_there_is() -> None:
    with pytest.raises(UserError, match="unknown loss 'multi_similarty'; did you mean 'multi_similarity'"):
        build_loss(TrainingConfig("multi_similarty"), 4, 8)
    with pytest.raises(UserError, match="has no option 'margin'; it has alpha, base, beta"):
        build_loss(TrainingConfig(loss_options={"margin": 1.0}), 4, 8)
    assert build_loss(TrainingConfig(loss_options={"alpha": 3.0}), 4, 8).alpha == 3.0


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"images_per_class": 1}, {"learning_rate": 0.0}])
def test_configurations_that_cannot_be_trained_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UserError):
        TrainingConfig(**wrong)  # type: ignore[arg-type] # wrong on purpose


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

    embedder = new_embedder("small", None, 0)
    train(embedder, striped(4), QUICK)
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


def test_a_folder_is_decoded_once_and_broken_pictures_are_reported(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for number, path in enumerate(paths):
        Image.new("RGB", (100, 80), (50 * number, 0, 0)).save(path)
    paths[2].write_bytes(b"not a picture")
    data = load_dataset(paths, ["a", "a", "b", "b"], 32)
    assert data.pictures.shape == (3, 40, 40, 3)  # a quarter more than the crops, since these pictures are larger
    assert data.labels.tolist() == [0, 0, 1]
    assert data.pictures[:, 0, 0, 0].tolist() == [0, 50, 150]
    assert [error.path for error in data.skipped] == [str(paths[2])]
    assert len(set(data.hashes)) == 3


def test_a_class_of_nothing_but_broken_pictures_is_no_class(tmp_path: Path) -> None:
    for name in ("a1", "a2", "b1"):
        Image.new("RGB", (32, 32)).save(tmp_path / f"{name}.png")
    (tmp_path / "b1.png").write_bytes(b"no")
    data = load_dataset([tmp_path / f"{name}.png" for name in ("a1", "a2", "b1")], ["a", "a", "b"], 32)
    assert (data.classes, data.labels.tolist()) == (("a",), [0, 0])
    with pytest.raises(UserError, match="only one class"):
        train(new_embedder("small", None, 0), data, QUICK)


def test_small_pictures_are_not_blown_up(tmp_path: Path) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "a.png")
    assert load_dataset([tmp_path / "a.png"], ["a"], 32).pictures.shape == (1, 32, 32, 3)


def test_a_folder_of_nothing_but_broken_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no")
    with pytest.raises(UserError, match=r"none of the 1 pictures can be read; the first: .*a\.png"):
        load_dataset([tmp_path / "a.png"], ["a"], 32)
