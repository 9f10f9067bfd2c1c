"""Model folders."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest

from imgsearch.errors import ModelError
from imgsearch.metric.linear import LinearMetric
from imgsearch.model import (
    FORMAT_VERSION,
    Model,
    ModelInfo,
    copy_model,
    load_model,
    model_digest,
    write_info,
    write_metric,
)

INFO = ModelInfo("ours", {"backbone": "small"}, input_size=32, dimension=4, training={"müde": [1, None]}, threshold=0.5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder whose encoder is never run."""
    made = tmp_path / "model"
    made.mkdir()
    write_info(made, INFO)
    (made / "encoder.onnx").write_bytes(b"not really a graph")
    return made


def metric(seed: int = 0) -> LinearMetric:
    matrix, mean = np.split(np.random.default_rng(seed).normal(size=(4, 4)), [3])
    return LinearMetric.centred(matrix, mean[0])


def npy(array: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(array), allow_pickle=True)
    return stream.getvalue()


def npz() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, metric().to_affine())
    return stream.getvalue()


def test_what_is_written_is_read(folder: Path) -> None:
    write_metric(folder, metric())
    model = load_model(folder)
    assert model.info == ModelInfo(**{**vars(INFO), "mean": list(INFO.mean), "std": list(INFO.std)})
    assert model.metric is not None
    assert model.metric.to_affine().tobytes() == metric().to_affine().tobytes()
    assert model.search_dimension == 3
    assert sorted(path.name for path in folder.iterdir()) == ["encoder.onnx", "metric.npy", "model.json"]


def test_a_later_field_that_is_unknown_here_does_no_harm(folder: Path) -> None:
    values = json.loads((folder / "model.json").read_bytes())
    (folder / "model.json").write_text(json.dumps(values | {"colour": "blue"}))
    assert load_model(folder).info.name == "ours"


def test_embeddings_are_projected_where_there_is_a_metric(folder: Path) -> None:
    rows = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    assert load_model(folder).project(rows) is rows
    write_metric(folder, metric())
    affine = metric().to_affine().astype(float)
    for row, projected in zip(rows, load_model(folder).project(rows), strict=True):
        mapped = affine[:, :4] @ row + affine[:, 4]
        assert projected == pytest.approx(mapped / np.sqrt(sum(mapped**2)), abs=1e-6)


def test_training_hashes_are_read_eight_bytes_each(folder: Path) -> None:
    assert load_model(folder).training_hashes() == frozenset()
    (folder / "training.bin").write_bytes(b"aaaaaaaabbbbbbbb")
    assert load_model(folder).training_hashes() == {b"aaaaaaaa", b"bbbbbbbb"}


def test_only_the_models_own_files_are_copied(folder: Path, tmp_path: Path) -> None:
    write_metric(folder, metric())
    (folder / "notes.txt").write_text("private")
    copy = copy_model(load_model(folder), tmp_path / "a" / "copy")
    assert sorted(path.name for path in copy.folder.iterdir()) == ["encoder.onnx", "metric.npy", "model.json"]
    assert model_digest(load_model(copy.folder)) == model_digest(load_model(folder))


def test_the_digest_tells_models_apart_that_answer_differently(folder: Path) -> None:
    def digest(**changes: int) -> str:
        write_info(folder, ModelInfo(**{**vars(INFO), **changes}))
        return model_digest(load_model(folder))

    digests = [digest(), digest(input_size=64)]
    write_metric(folder, metric())
    digests.append(digest())
    write_metric(folder, metric(seed=1))
    digests.append(digest())
    (folder / "encoder.onnx").write_bytes(b"another graph")
    digests.append(digest())
    assert len(set(digests)) == 5
    model = load_model(folder)
    renamed = Model(model.folder, ModelInfo(**{**vars(INFO), "name": "another"}), model.metric)
    assert model_digest(renamed) == digests[-1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{}",
        json.dumps({"format_version": FORMAT_VERSION}).encode(),
        b"[" * 200_000,
        json.dumps(vars(INFO) | {"input_size": 0}).encode(),
        json.dumps(vars(INFO) | {"input_size": "32"}).encode(),
        json.dumps(vars(INFO) | {"input_size": 32.5}).encode(),
        json.dumps(vars(INFO) | {"dimension": None}).encode(),
        json.dumps(vars(INFO) | {"dimension": 10**9}).encode(),
        json.dumps(vars(INFO) | {"format_version": FORMAT_VERSION + 1}).encode(),
    ],
)
def test_a_damaged_description_is_told_in_one_line(folder: Path, content: bytes) -> None:
    (folder / "model.json").write_bytes(content)
    with pytest.raises(ModelError) as caught:
        load_model(folder)
    assert str(caught.value).startswith(f"{folder}/model.json: ") and str(caught.value).isprintable()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"PK\x03\x04 no archive",
        npz(),
        npy(metric().to_affine())[:-1],
        npy(metric().to_affine().astype(float)),
        npy(np.full((3, 5), np.nan, dtype=np.float32)),
        npy(np.zeros((3, 4), dtype=np.float32)),
        npy(np.zeros(5, dtype=np.float32)),
        npy(np.zeros((0, 5), dtype=np.float32)),
        npy({"a pickle": "runs code"}),
        npy(metric().to_affine()).replace(b"(3, 5)", b"(3000000000, 5)").replace(b" " * 9 + b"\n", b"\n"),
    ],
)
def test_a_damaged_metric_is_told_in_one_line(folder: Path, content: bytes) -> None:
    (folder / "metric.npy").write_bytes(content)
    with pytest.raises(ModelError) as caught:
        load_model(folder)
    assert str(caught.value).startswith(f"{folder}/metric.npy: not a linear metric") and str(caught.value).isprintable()


def test_a_folder_that_is_none_is_told_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("missing", "file"):
        with pytest.raises(ModelError, match=f"{name}: no such model folder; name one that `imgsearch train` made"):
            load_model(tmp_path / name)


@pytest.mark.parametrize("name", ["model.json", "encoder.onnx", "metric.npy"])
def test_a_file_that_is_larger_than_any_model_has_is_refused_before_it_is_read(folder: Path, name: str) -> None:
    (folder / name).touch()
    os.truncate(folder / name, 1 << 33)  # 8 GB of nothing, which takes no room
    with pytest.raises(ModelError, match=rf"{name} is larger than [\d,]+ bytes"):
        load_model(folder)


def test_base_means_the_embedded_model_wherever_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base").mkdir()
    assert load_model("base").info.dimension >= 1
    with pytest.raises(ModelError, match=r"model\.json: missing"):
        load_model("./base")
