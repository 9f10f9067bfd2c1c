"""From picture files to embeddings."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgsearch import Encoder
from imgsearch.encoder import BATCH_SIZE, FEW
from imgsearch.errors import ModelError, PictureError
from imgsearch.metric.linear import LinearMetric
from imgsearch.model import BASE, Model, load_model

from .conftest import draw


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """More than one batch."""
    folder = tmp_path_factory.mktemp("pictures")
    return [draw(folder / f"{number}.png", number, size=(40 + number, 50)) for number in range(BATCH_SIZE + 3)]


def test_embeddings_are_unit_rows_in_the_order_of_the_paths(encoder: Encoder, pictures: list[Path]) -> None:
    rows = encoder.embed(pictures)
    assert rows.shape == (len(pictures), encoder.dimension)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows.astype(float), axis=1) == pytest.approx(np.ones(len(pictures)), abs=1e-5)
    shuffled = np.random.default_rng(0).permutation(len(pictures))
    assert encoder.embed([pictures[number] for number in shuffled]) == pytest.approx(rows[shuffled], abs=1e-5)


def test_an_embedding_does_not_depend_on_its_company(encoder: Encoder, pictures: list[Path]) -> None:
    together = encoder.embed([str(path) for path in pictures])
    alone = np.concatenate([encoder.embed([path]) for path in pictures])
    assert together == pytest.approx(alone, abs=1e-5)
    assert np.linalg.matrix_rank(alone[:4].astype(float), tol=1e-4) == 4  # four pictures, four directions


def test_a_few_pictures_embed_as_many_do(encoder: Encoder, pictures: list[Path]) -> None:
    few = pictures[:FEW]
    assert Encoder(pictures=len(few)).embed(few) == pytest.approx(encoder.embed(few), abs=1e-6)


def test_no_pictures_give_no_rows(encoder: Encoder) -> None:
    rows = encoder.embed([])
    assert rows.shape == (0, encoder.dimension)
    assert rows.dtype == np.float32


def test_a_picture_and_its_copies_embed_alike_however_they_are_stored(encoder: Encoder, tmp_path: Path) -> None:
    upright = draw(tmp_path / "upright.png", 1)
    with Image.open(upright) as image:
        exif = Image.Exif()
        exif[0x0112] = 6  # shown after a quarter turn clockwise
        image.rotate(90, expand=True).save(tmp_path / "turned.png", exif=exif)
        image.rotate(90, expand=True).save(tmp_path / "untold.png")
        image.save(tmp_path / "lossless.webp", lossless=True)
    original, turned, untold, webp = encoder.embed(
        [upright, *(tmp_path / name for name in ("turned.png", "untold.png", "lossless.webp"))]
    )
    assert turned == pytest.approx(original, abs=1e-5)
    assert webp == pytest.approx(original, abs=1e-5)
    assert not np.allclose(untold, original, atol=1e-3)


def test_a_broken_picture_is_named(encoder: Encoder, pictures: list[Path], tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("These are no pixels.")
    with pytest.raises(PictureError, match=r"text\.jpg: not a picture"):
        encoder.embed([*pictures, tmp_path / "text.jpg"])


def test_a_linear_metric_is_applied(encoder: Encoder, pictures: list[Path]) -> None:
    matrix = np.eye(encoder.dimension, dtype=np.float32)[:8]
    model = replace(encoder.model, metric=LinearMetric(matrix, offset=np.zeros(8, dtype=np.float32)))
    cut = encoder.embed(pictures)[:, :8]
    expected = cut / np.linalg.norm(cut, axis=1, keepdims=True)
    assert Encoder(model).dimension == 8
    assert Encoder(model).embed(pictures) == pytest.approx(expected, abs=1e-4)


def edit(folder: Path, **changes: object) -> None:
    info = json.loads((folder / "model.json").read_bytes())
    (folder / "model.json").write_text(json.dumps(info | changes))


def another_graph(folder: Path) -> None:
    onnx = pytest.importorskip("onnx")
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    result = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    graph = onnx.helper.make_graph([node], "identity", [value], [result])
    onnx.save(
        onnx.helper.make_model(graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", 17)]),
        folder / "encoder.onnx",
    )


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda folder: (folder / "model.json").unlink(), "model.json: missing"),
        (lambda folder: edit(folder, format_version=99), "format version 99, this imgsearch reads 1; upgrade"),
        (lambda folder: (folder / "encoder.onnx").unlink(), "encoder.onnx is missing"),
        (lambda folder: (folder / "encoder.onnx").write_bytes(b"garbage" * 1000), "not an encoder that can be run"),
        (lambda folder: (folder / "encoder.onnx").write_bytes(b""), "not an encoder that can be run"),
        (another_graph, "not an encoder that can be run"),
        (lambda folder: edit(folder, dimension=7), "encoder.onnx: gave"),
        (lambda folder: (folder / "metric.npy").write_bytes(b"garbage"), "metric.npy: not a linear metric"),
        (lambda folder: np.save(folder / "metric.npy", np.eye(3, dtype=np.float32)), "metric.npy: not a linear metric"),
    ],
)
def test_a_broken_model_folder_is_told_in_one_line(tmp_path: Path, harm: Callable[[Path], object], said: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(BASE, folder)
    harm(folder)
    with pytest.raises(ModelError) as caught:
        Encoder(folder).embed([draw(tmp_path / "picture.png", 1)])
    assert said in str(caught.value)
    assert str(folder) in str(caught.value) and str(caught.value).isprintable()


def test_a_model_may_be_given_in_three_ways(pictures: list[Path], encoder: Encoder) -> None:
    expected = encoder.embed(pictures[:2])
    opened = load_model("base")
    assert isinstance(opened, Model)
    for model in (opened, BASE, str(BASE)):
        assert Encoder(model).embed(pictures[:2]) == pytest.approx(expected, abs=1e-6)
