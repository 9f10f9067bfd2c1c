"""From picture files to embeddings."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from imgsearch import Encoder
from imgsearch.encoder import BATCH_SIZE, FEW, TOGETHER, Device, Embeddings
from imgsearch.errors import ModelError, PictureError, UserError
from imgsearch.images.preprocess import Pixels
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


def test_many_pictures_embed_the_same_however_many_threads_share_them(encoder: Encoder, pictures: list[Path]) -> None:
    expected = encoder.embed(pictures)
    for threads in (1, 3):
        many = Encoder(pictures=len(pictures), threads=threads)
        assert many.embed(pictures) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("count", [3, 100])
@pytest.mark.parametrize("batch_size", [1, 4, 7, 50])
def test_items_keep_their_order_and_their_rows_with_and_without_pictures(count: int, batch_size: int) -> None:
    encoder = Encoder(pictures=count)
    side, rng = encoder.input_size, np.random.default_rng(0)
    pixels = [rng.integers(0, 256, (side, side, 3), dtype=np.uint8) if item % 5 else None for item in range(23)]
    found = list(encoder.encoded(range(23), lambda item: pixels[item], ahead=batch_size))
    in_batches = encoder.batches(range(23), lambda item: pixels[item], batch_size=batch_size)
    assert [item for batch in in_batches for item, _ in batch] == list(range(23))
    assert [item for item, _ in found] == list(range(23))
    for (_, row), picture in zip(found, pixels, strict=True):
        assert (row is None) == (picture is None)
        assert row is None or picture is None or row == pytest.approx(encoder.encode([picture])[0], abs=1e-6)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures each call of `encode` was given."""
    calls: list[int] = []
    encode = Encoder.encode

    def counted(self: Encoder, pictures: Sequence[Pixels]) -> Embeddings:
        calls.append(len(pictures))
        return encode(self, pictures)

    monkeypatch.setattr(Encoder, "encode", counted)
    return calls


def test_only_so_many_are_encoded_ahead(begun: list[int]) -> None:
    encoder = Encoder(pictures=100, threads=2)
    picture = np.zeros((encoder.input_size, encoder.input_size, 3), dtype=np.uint8)
    for number, _ in enumerate(encoder.encoded(range(60), lambda _: picture, ahead=8), start=1):
        assert sum(begun) <= 4 * -(-number // 4) + 8  # what has come out of each thread together, and the 8
    assert sum(begun) == 60


@pytest.mark.parametrize("batch_size", [1, 2, 3, 6, 8, 10, 13, 50])
@pytest.mark.parametrize("count", [3, 100])
def test_what_is_encoded_and_not_committed_is_never_more_than_a_batch(
    batch_size: int, count: int, begun: list[int]
) -> None:
    encoder = Encoder(pictures=count, threads=3)
    picture = np.zeros((encoder.input_size, encoder.input_size, 3), dtype=np.uint8)
    committed = 0
    for batch in encoder.batches(range(60), lambda _: picture, batch_size=batch_size):
        time.sleep(0.002)  # which is when the others go on
        assert sum(begun) - committed <= batch_size
        committed += len(batch)
    assert committed == sum(begun) == 60


def fake_runtime(
    monkeypatch: pytest.MonkeyPatch, available: Sequence[str], *, started: Sequence[str]
) -> list[list[object]]:
    """An ONNX Runtime that says to have these providers and to have started those; what it is asked to try."""
    asked: list[list[object]] = []
    genuine = onnxruntime.InferenceSession

    class Session:
        def __init__(self, content: bytes, options: object, providers: list[object]) -> None:
            asked.append(providers)
            self._session = genuine(content, options, providers=["CPUExecutionProvider"])
            self.run = self._session.run

        def get_providers(self) -> Sequence[str]:
            return started

    monkeypatch.setattr("onnxruntime.InferenceSession", Session)
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: list(available))
    return asked


CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
ON_CARD = (CUDA, {"use_tf32": "0"})


@pytest.mark.parametrize(
    ("device", "available", "tried"),
    [
        ("auto", [CPU], [CPU]),
        ("auto", [CUDA, CPU], [ON_CARD, CPU]),
        ("cpu", [CUDA, CPU], [CPU]),
        ("cuda", [CUDA, CPU], [ON_CARD, CPU]),
    ],
)
def test_a_graphics_card_is_taken_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, pictures: list[Path], device: Device, available: list[str], tried: list[object]
) -> None:
    expected = Encoder().embed(pictures)
    started = [name if isinstance(name, str) else name[0] for name in tried]  # type: ignore[index]
    asked = fake_runtime(monkeypatch, available, started=started)
    many = Encoder(pictures=len(pictures), device=device)
    assert asked == [tried]
    sizes = [len(batch) for batch in spied(monkeypatch, many, pictures)]
    assert (max(sizes) > TOGETHER) == (CUDA in started)  # a card takes a batch whole
    assert many.embed(pictures) == pytest.approx(expected, abs=1e-6)


def spied(monkeypatch: pytest.MonkeyPatch, encoder: Encoder, pictures: list[Path]) -> list[Sequence[Pixels]]:
    batches: list[Sequence[Pixels]] = []
    encode = encoder.encode

    def noted(pixels: Sequence[Pixels]) -> Embeddings:
        batches.append(pixels)
        return encode(pixels)

    with monkeypatch.context() as patch:
        patch.setattr(encoder, "encode", noted)
        encoder.embed(pictures)
    return batches


def test_cuda_that_is_not_there_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_runtime(monkeypatch, [CPU], started=[CPU])
    with pytest.raises(UserError, match=r"^--device cuda: this ONNX Runtime has no CUDA; pip install onnxruntime-gpu"):
        Encoder(device="cuda")
    fake_runtime(monkeypatch, [CUDA, CPU], started=[CPU])
    with pytest.raises(UserError, match=r"^--device cuda: ONNX Runtime cannot start CUDA; check its driver"):
        Encoder(device="cuda")
    assert Encoder(device="auto").dimension > 0  # which goes on without


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
