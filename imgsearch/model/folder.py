"""A model is a folder: what it is (model.json), its encoder (encoder.onnx), and, optionally, a linear metric on top.

    model.json            a `ModelInfo`
    encoder.onnx          uint8 pictures (n, height, width, 3) in, L2-normalised float32 embeddings (n, dimension) out
    weights.safetensors   optional: to go on training from
    metric.npy            optional: a linear metric, float32 (m, dimension + 1): L and, in the last column, −L·mean
    training.bin          optional: the first 8 bytes of the content hash of each training picture, sorted

Nothing in it is a pickle: loading a stranger's model runs no code. An encoder of others, whose graph takes something
else, is an .onnx file with a few words beside it (see `imgsearch.encoder.onnx_file`); a copy of it, as in an index, is
a folder whose model.json has a `Feed`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import ModelError, printable
from imgsearch.metric.linear import LinearMetric
from imgsearch.model.info import ModelInfo, read_info, write_info

BASE = Path(__file__).parents[1] / "models" / "base"
FILES = ("model.json", "encoder.onnx", "weights.safetensors", "metric.npy", "training.bin")

_MOST_BYTES = {"model.json": 1 << 26, "encoder.onnx": (1 << 31) - 1, "metric.npy": 1 << 30, "training.bin": 1 << 32}
"""A model may come from a stranger: nothing larger is read. ONNX files hold no more, either."""


@dataclass(frozen=True)
class Model:
    """A model folder that was read and found in order."""

    folder: Path
    """Or the .onnx file of an encoder of others that lies by itself."""
    info: ModelInfo
    metric: LinearMetric | None = None

    @property
    def encoder_file(self) -> Path:
        """The ONNX graph."""
        return self.folder if self.is_file else self.folder / "encoder.onnx"

    @property
    def is_file(self) -> bool:
        """Whether it is a single .onnx file rather than a folder."""
        return self.folder.is_file()

    @property
    def weights_file(self) -> Path:
        """The trainable weights; may be missing."""
        return self.folder / "weights.safetensors"

    @property
    def search_dimension(self) -> int:
        """Length of the vectors that are searched: the linear metric's rows, or the encoder's own dimension."""
        return self.info.dimension if self.metric is None else self.metric.matrix.shape[0]

    def training_hashes(self) -> frozenset[bytes]:
        """First 8 bytes of the content hash of each picture it was trained on; empty where that is not recorded."""
        file = self.folder / "training.bin"
        content = file.read_bytes() if file.is_file() else b""
        return frozenset(content[start : start + 8] for start in range(0, len(content), 8))

    def training_classes(self) -> frozenset[str]:
        """Names of the classes it was trained on; empty where they are not recorded."""
        names = self.info.training.get("class_names")
        return frozenset(map(str, names)) if isinstance(names, list) else frozenset()

    def project(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embeddings (n, dimension) as they are compared: through the linear metric, where there is one."""
        return embeddings if self.metric is None else self.metric.transform(embeddings)


def load_model(name: str | os.PathLike[str]) -> Model:
    """The embedded model for "base", else the model folder of that path.

    Raises:
        ModelError: the folder, or a file in it, is missing, damaged or of a newer format.
    """
    folder = BASE if name == "base" else Path(name)
    shown = printable(folder)
    if not folder.is_dir():
        others = "an .onnx file or torchvision:NAME, or leave --model away"
        raise ModelError(f"{shown}: no such model folder; name one that `imgsearch train` made, {others}")
    for file in _MOST_BYTES:
        require_size(folder / file, file)
    info = read_info(folder / "model.json")
    if not (folder / "encoder.onnx").is_file():
        raise ModelError(f"{shown}: encoder.onnx is missing; copy the model folder again as a whole")
    metric_file = folder / "metric.npy"
    metric = _read_metric(metric_file, info.dimension) if metric_file.exists() else None
    return Model(folder, info, metric)


def require_size(path: Path, kind: str) -> None:
    """Raise a ModelError if `path`, which is a file of that name in a model folder, is larger than any such file."""
    most, size = _MOST_BYTES[kind], 0
    with contextlib.suppress(OSError):  # whoever reads it says what is wrong with it
        size = path.stat().st_size
    if size > most:
        shown = printable(path.parent)
        raise ModelError(f"{shown}: {path.name} is larger than {most:,} bytes, as none of a model is; copy it again")


def _read_metric(file: Path, dimension: int) -> LinearMetric:
    try:
        with file.open("rb") as stream:  # not np.load, which takes archives, too, and fails on them in many ways
            affine = np.lib.format.read_array(stream, allow_pickle=False)
        if affine.ndim != 2 or affine.shape[1] != dimension + 1 or affine.dtype != np.float32:
            raise ValueError(f"shape {affine.shape} {affine.dtype}, expected (m, {dimension + 1}) float32")
        return LinearMetric.from_affine(affine)
    except (OSError, ValueError, MemoryError) as error:
        raise ModelError(f"{printable(file)}: not a linear metric ({error}); train it again") from None


def write_metric(folder: Path, metric: LinearMetric) -> None:
    """Write metric.npy."""
    np.save(folder / "metric.npy", metric.to_affine(), allow_pickle=False)


def copy_model(model: Model, destination: Path) -> Model:
    """Copy a model's files, and nothing else that lies beside them, into the model folder `destination`."""
    destination.mkdir(parents=True, exist_ok=True)
    if model.is_file:
        shutil.copyfile(model.encoder_file, destination / "encoder.onnx")
        write_info(destination, model.info)
    else:
        for name in FILES:
            if (model.folder / name).is_file():
                shutil.copyfile(model.folder / name, destination / name)
    return Model(destination, model.info, model.metric)


def same_encoder(one: Model, other: Model) -> bool:
    """Whether two models give a picture the same embedding, before any linear metric."""
    return _view(one.info) == _view(other.info) and one.encoder_file.read_bytes() == other.encoder_file.read_bytes()


def model_digest(model: Model) -> str:
    """A digest of what decides a model's answers: encoder.onnx, what it is fed with, and the linear metric."""
    digest = hashlib.blake2b(model.encoder_file.read_bytes(), digest_size=16)
    digest.update(_view(model.info).encode())
    if model.metric is not None:
        digest.update(model.metric.to_affine().tobytes())
    return digest.hexdigest()


def _view(info: ModelInfo) -> str:
    """What an encoder is fed with: the input size alone where nothing else is out of the ordinary."""
    view = str(info.input_size)
    if (info.resize, info.interpolation) != (None, "bicubic"):
        view += f" {info.resize} {info.interpolation}"
    return view if info.feed is None else f"{view} {info.feed}"
