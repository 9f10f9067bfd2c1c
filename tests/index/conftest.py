from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imgsearch.index import Index
from imgsearch.metric.linear import LinearMetric
from imgsearch.model import Model, ModelInfo, load_model, write_info, write_metric

from .helpers import DIMENSION


@pytest.fixture(autouse=True)
def _no_index_of_the_person_who_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMGSEARCH_INDEX", raising=False)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    """A model folder whose encoder is never run."""
    folder = tmp_path / "model"
    folder.mkdir()
    write_info(folder, ModelInfo("fake", {}, input_size=32, dimension=DIMENSION))
    (folder / "encoder.onnx").write_bytes(b"not really a graph")
    return load_model(folder)


@pytest.fixture
def metric_model(model: Model) -> Model:
    """The same with a linear metric that keeps the first 8 of 16 numbers, turned around."""
    matrix = np.eye(DIMENSION, dtype=np.float32)[8 - 1 :: -1]
    write_metric(model.folder, LinearMetric(matrix, offset=np.zeros(8, dtype=np.float32)))
    return load_model(model.folder)


@pytest.fixture
def index(tmp_path: Path, model: Model) -> Index:
    """An empty index in `tmp_path / "photos"`."""
    return Index.create(tmp_path / "photos" / ".imgsearch", model)
