"""Encoders of others: .onnx files with a small model.json beside them; graphs whose answers can be told by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imgsearch.encoder import Encoder
from imgsearch.encoder.onnx_file import EXAMPLE, open_model
from imgsearch.errors import ModelError, UserError
from imgsearch.index import Index
from imgsearch.model import copy_model, load_model, model_digest, same_encoder
from imgsearch.workflows.settings import settle

from .conftest import draw, imgsearch

onnx = pytest.importorskip("onnx")
helper, FLOAT, UINT8 = onnx.helper, onnx.TensorProto.FLOAT, onnx.TensorProto.UINT8

SAID = {"input_size": 8, "layout": "NCHW", "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.5]}
MEANS = [helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)]
"""The embedding is the mean of each channel as it came in."""


def graph(
    path: Path,
    nodes: list[Any] = MEANS,
    *,
    shape: tuple[object, ...] = ("n", 3, "h", "w"),
    kind: int = FLOAT,
    inputs: tuple[str, ...] = ("x",),
    outputs: tuple[str, ...] = ("y",),
    weights: tuple[Any, ...] = (),
    **saved: Any,
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    taken = [helper.make_tensor_value_info(name, kind, shape) for name in inputs]
    given = [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs]
    made = helper.make_graph(nodes, "encoder", taken, given, weights)
    model = helper.make_model(made, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(model, path, **saved)
    return path


def say(file: Path, **changes: object) -> None:
    said = {name: value for name, value in (SAID | changes).items() if value is not None}
    file.with_name("model.json").write_text(json.dumps(said))


@pytest.fixture
def encoder_file(tmp_path: Path) -> Path:
    file = graph(tmp_path / "theirs" / "means.onnx")
    say(file)
    return file


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Eight pixels wide and high, so that nothing is resized."""
    return draw(tmp_path / "picture.png", 1, size=(8, 8))


def expected(picture: Path, channels: str = "RGB", scale: float = 1 / 255, says: dict[str, Any] = SAID) -> np.ndarray:
    """The channels' means by the definition, one number at a time."""
    values = np.asarray(Image.open(picture).convert("RGB"), dtype=float)
    row = []
    for number, channel in enumerate(channels):
        mean = values[..., "RGB".index(channel)].mean()
        row.append((mean * scale - says["mean"][number]) / says["std"][number])
    return np.array([value / sum(other**2 for other in row) ** 0.5 for value in row])


def test_pictures_are_fed_as_described_and_embeddings_have_unit_length(encoder_file: Path, picture: Path) -> None:
    encoder = Encoder(encoder_file)
    assert (encoder.dimension, encoder.input_size, encoder.model.info.name) == (3, 8, "means")
    assert encoder.embed([picture, picture])[1] == pytest.approx(expected(picture), abs=1e-5)
    assert encoder.model.training_hashes() == frozenset()


def test_channels_scale_and_layout_are_as_described(encoder_file: Path, picture: Path) -> None:
    say(encoder_file, channels="BGR")
    assert Encoder(encoder_file).embed([picture])[0] == pytest.approx(expected(picture, "BGR"), abs=1e-5)
    large = {"mean": [100, 120, 110.5], "std": [60, 60, 50]}
    say(encoder_file, scale=1, **large)
    assert Encoder(encoder_file).embed([picture])[0] == pytest.approx(expected(picture, scale=1, says=large), abs=1e-5)
    last = [helper.make_node("ReduceMean", ["x"], ["y"], axes=[1, 2], keepdims=0)]
    graph(encoder_file, last, shape=("n", 8, 8, 3))
    say(encoder_file, layout="NHWC")
    assert Encoder(encoder_file).embed([picture])[0] == pytest.approx(expected(picture), abs=1e-5)


def test_a_graph_for_uint8_pictures_gets_them_as_they_are(tmp_path: Path, picture: Path) -> None:
    nodes = [helper.make_node("Cast", ["x"], ["f"], to=FLOAT)]
    nodes += [helper.make_node("ReduceMean", ["f"], ["y"], axes=[2, 3])]
    file = graph(tmp_path / "bytes.onnx", nodes, kind=UINT8)  # gives (n, 3, 1, 1), as many do
    say(file, mean=None, std=None)
    plain = {"mean": [0, 0, 0], "std": [1, 1, 1]}
    assert Encoder(file).embed([picture])[0] == pytest.approx(expected(picture, says=plain), abs=1e-5)


@pytest.mark.parametrize("batch", [1, 3])
def test_a_graph_that_takes_so_many_pictures_at_a_time_is_given_so_many(tmp_path: Path, batch: int) -> None:
    file = graph(tmp_path / "fixed.onnx", shape=(batch, 3, 8, 8))
    say(file)
    pictures = [draw(tmp_path / f"{number}.png", number, size=(8, 8)) for number in range(11)]
    for count in (1, 2, 11):
        rows = Encoder(file, count).embed(pictures[:count])
        assert rows == pytest.approx(np.array([expected(picture) for picture in pictures[:count]]), abs=1e-5)


def test_of_several_outputs_the_named_one_is_taken(encoder_file: Path, picture: Path) -> None:
    doubled = helper.make_node("Concat", ["y", "y"], ["twice"], axis=1)
    graph(encoder_file, [*MEANS, doubled], outputs=("y", "twice"))
    with pytest.raises(ModelError, match="the graph has several outputs; name one of y, twice by output; write"):
        open_model(encoder_file)
    say(encoder_file, output="twice")
    assert Encoder(encoder_file).embed([picture])[0][3:] == pytest.approx(expected(picture) / np.sqrt(2), abs=1e-5)
    say(encoder_file, output="thrice")
    with pytest.raises(ModelError, match="the graph has no output 'thrice'; name one of y, twice by output"):
        open_model(encoder_file)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mean": None}, "mean is missing"),
        ({"std": None}, "std is missing"),
        ({"layout": None}, "layout is missing"),
        ({"input_size": None}, "input_size is missing"),
        ({"layout": "CHW"}, "layout is 'CHW', not NCHW or NHWC"),
        ({"layout": "NHWC"}, "layout NHWC and input_size 8 do not fit the graph, which takes ['n', 3, 'h', 'w']"),
        ({"mean": [0.5, 0.5]}, "mean is [0.5, 0.5], not three numbers"),
        ({"mean": 0.5}, "mean is 0.5, not three numbers"),
        ({"std": [1, 1, 0]}, "nothing can be divided by what is not above 0"),
        ({"std": [1, 1, float("nan")]}, "not three numbers"),
        ({"scale": 0}, "scale is 0, not a number above 0"),
        ({"scale": "1/255"}, "scale is '1/255', not a number above 0"),
        ({"channels": "GBR"}, "channels is 'GBR', not RGB or BGR"),
        ({"dtype": "uint8"}, "dtype is 'uint8', and the graph takes tensor(float)"),
        ({"input_size": "8"}, "input_size is '8': not a number of pixels"),
        ({"input_size": 10**9}, "input_size is 1000000000: not a number of pixels"),
        ({"input_size": 8, "resize": 4}, "resize is 4: not a number of pixels, or resize is the smaller one"),
        ({"interpolation": "area"}, "interpolation is 'area', not bilinear or bicubic"),
        ({"input": "pixels"}, "the graph has no input 'pixels'; name one of x by input"),
        ({"layuot": "NCHW"}, "unknown entry 'layuot'; did you mean 'layout'?"),
        ({"quality": 0.5}, "quality is no object"),
    ],
)
def test_a_wrong_description_is_one_line_with_an_example(
    encoder_file: Path, changes: dict[str, object], said: str
) -> None:
    say(encoder_file, **changes)
    with pytest.raises(ModelError) as caught:
        open_model(encoder_file)
    assert str(caught.value).startswith(f"{encoder_file.with_name('model.json')}: ")
    assert said in str(caught.value) and str(caught.value).endswith(f"; write, for example, {EXAMPLE}")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 200_000, None])
def test_a_description_that_is_missing_or_none_is_one_line(encoder_file: Path, content: bytes | None) -> None:
    description = encoder_file.with_name("model.json")
    description.unlink() if content is None else description.write_bytes(content)
    with pytest.raises(ModelError, match="write, for example, ") as caught:
        open_model(encoder_file)
    assert str(caught.value).startswith(f"{description}: ") and str(caught.value).isprintable()


def test_graphs_that_are_no_encoders_of_pictures_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "odd.onnx"
    say(file)
    same = [helper.make_node("Identity", ["x"], ["y"])]
    infinite = [*MEANS[:-1], helper.make_node("ReduceMean", ["x"], ["m"], axes=[2, 3], keepdims=0)]
    infinite += [helper.make_node("Sub", ["m", "m"], ["zero"]), helper.make_node("Div", ["m", "zero"], ["y"])]
    both = [helper.make_node("Add", ["x", "z"], ["s"]), helper.make_node("ReduceMean", ["s"], ["y"], axes=[2, 3])]
    for made, said in [
        (lambda: graph(file, same), "output y gives [2, 3, 8, 8] for two pictures"),
        (lambda: graph(file, infinite), "numbers that are not finite"),
        (lambda: graph(file, same, shape=("n", 3)), "takes ['n', 3], which is no batch of pictures"),
        (lambda: graph(file, both, inputs=("x", "z")), "several inputs; name one of x, z by input"),
        (lambda: graph(file, shape=("n", 3, 224, 224)), "input_size 8 do not fit the graph"),
        (lambda: graph(file, shape=("n", 1, 8, 8)), "do not fit the graph, which takes ['n', 1, 8, 8]"),
        (lambda: file.write_bytes(b"garbage"), "not an encoder that can be run"),
    ]:
        made()  # type: ignore[no-untyped-call] # a lambda
        with pytest.raises(ModelError) as caught:
            open_model(file)
        assert said in str(caught.value) and str(caught.value).isprintable()
    say(file, input="x")
    graph(file, both, inputs=("x", "z"))
    with pytest.raises(ModelError, match=r"takes more than pictures \(z\)"):
        open_model(file)
    with pytest.raises(ModelError, match="from Python, open it by imgsearch"):
        open_model("torchvision:resnet18")
    with pytest.raises(ModelError, match=r"no such file; name an \.onnx file"):
        open_model(tmp_path / "missing.onnx")


def test_weights_in_another_file_are_not_read_even_where_they_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = onnx.numpy_helper.from_array(np.eye(3, dtype=np.float32), "weights")
    nodes = [helper.make_node("ReduceMean", ["x"], ["m"], axes=[2, 3], keepdims=0)]
    nodes.append(helper.make_node("MatMul", ["m", "weights"], ["y"]))
    file = tmp_path / "split.onnx"
    apart: dict[str, Any] = {"save_as_external_data": True, "location": "split.data", "size_threshold": 0}
    graph(file, nodes, weights=(weights,), **apart)
    say(file)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match=r"split\.onnx: keeps its weights in another file; save it as one by"):
        open_model(file)


def test_a_huge_file_is_refused_before_it_is_read(encoder_file: Path) -> None:
    with encoder_file.open("r+b") as stream:
        stream.truncate(1 << 33)  # of nothing, which takes no room
    with pytest.raises(ModelError, match=r"means\.onnx is larger than [\d,]+ bytes"):
        open_model(encoder_file)


def test_the_graph_of_a_model_folder_means_the_folder(tmp_path: Path) -> None:
    copy_model(load_model("base"), tmp_path / "copy")
    assert open_model(tmp_path / "copy" / "encoder.onnx").folder == tmp_path / "copy"
    graph(tmp_path / "copy" / "means.onnx")
    with pytest.raises(ModelError, match=r"model\.json: describes encoder\.onnx, not means\.onnx; move that into"):
        open_model(tmp_path / "copy" / "means.onnx")


def test_a_folder_of_such_a_file_is_told_from_a_model_folder(encoder_file: Path) -> None:
    with pytest.raises(ModelError, match=r"no format_version, .* name an encoder of others by its \.onnx file"):
        open_model(encoder_file.parent)


def test_a_copy_is_a_model_folder_that_embeds_alike(encoder_file: Path, picture: Path, tmp_path: Path) -> None:
    (encoder_file.parent / "weights.safetensors").write_bytes(b"of another model")
    say(encoder_file, channels="BGR", resize=12, interpolation="bilinear", quality={"mine": {"recall_at_1": 0.5}})
    model = open_model(encoder_file)
    copy = load_model(copy_model(model, tmp_path / "copy").folder)
    assert sorted(path.name for path in copy.folder.iterdir()) == ["encoder.onnx", "model.json"]
    assert same_encoder(model, copy) and model_digest(model) == model_digest(copy)
    assert (Encoder(copy).embed([picture]) == Encoder(model).embed([picture])).all()
    say(encoder_file, channels="RGB", resize=12, interpolation="bilinear")
    changed = open_model(encoder_file)
    assert not same_encoder(changed, copy) and model_digest(changed) != model_digest(copy)


def test_an_index_keeps_a_copy_and_is_asked_through_it(encoder_file: Path, tmp_path: Path) -> None:
    for number in range(5):
        draw(tmp_path / "photos" / f"{number}.png", number)
    run = imgsearch("index", "photos", "--model", encoder_file, folder=tmp_path)
    assert run.returncode == 0, run.stderr.decode()
    index = Index.open(tmp_path / ".imgsearch")
    assert index.model.info.feed is not None and index.model.info.name == "means"
    before = imgsearch("query", "photos/1.png", folder=tmp_path).stdout
    encoder_file.unlink()
    assert imgsearch("query", "photos/1.png", folder=tmp_path).stdout == before != b""
    assert imgsearch("index", "--check", folder=tmp_path).returncode == 0


def test_another_description_is_another_encoder_for_an_index(encoder_file: Path, tmp_path: Path) -> None:
    draw(tmp_path / "photos" / "0.png", 0)
    draw(tmp_path / "photos" / "1.png", 1)
    imgsearch("index", "photos", "--model", encoder_file, folder=tmp_path)
    say(encoder_file, channels="BGR")
    again = imgsearch("index", "--model", encoder_file, folder=tmp_path)
    assert again.returncode == 0 and b"has another encoder: all pictures are read again" in again.stderr
    once_more = imgsearch("index", "--model", encoder_file, folder=tmp_path)
    assert b"another encoder" not in once_more.stderr and b"2 unchanged" in once_more.stderr


def test_a_linear_metric_is_fitted_on_top_and_nothing_deeper(encoder_file: Path, tmp_path: Path) -> None:
    for number in range(12):
        draw(tmp_path / "photos" / f"class{number % 3}" / f"{number}.png", number)
    run = imgsearch(
        "train", "photos", "-o", "taught", "--metric", "mahalanobis", "--from", encoder_file, folder=tmp_path
    )
    assert run.returncode == 0, run.stderr.decode()
    taught = load_model(tmp_path / "taught")
    assert taught.metric is not None and taught.info.feed is not None and len(taught.training_hashes()) == 12
    pictures = sorted((tmp_path / "photos").rglob("*.png"))
    plain = Encoder(encoder_file).embed(pictures)
    assert Encoder(taught).embed(pictures) == pytest.approx(taught.project(plain), abs=1e-5)
    with pytest.raises(UserError, match=r"means\.onnx: an encoder without weights to train on; take --metric lda"):
        settle({"start": str(encoder_file), "loss": "triplet"})
