"""A model is a folder: what it is (model.json), its encoder (encoder.onnx), and, optionally, a linear metric on top.

    model.json            a `ModelInfo`
    encoder.onnx          uint8 pictures (n, height, width, 3) in, L2-normalised float32 embeddings (n, dimension) out
    weights.safetensors   optional: to go on training from
    metric.npy            optional: a linear metric, float32 (m, dimension + 1): L and, in the last column, −L·mean
    training.bin          optional: the first 8 bytes of the content hash of each training picture, sorted

Nothing in it is a pickle: loading a stranger's model runs no code.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import ModelError, printable
from imgsearch.metric.linear import LinearMetric

FORMAT_VERSION = 1
BASE = Path(__file__).parent / "models" / "base"
FILES = ("model.json", "encoder.onnx", "weights.safetensors", "metric.npy", "training.bin")

_MOST_BYTES = {"model.json": 1 << 26, "encoder.onnx": (1 << 31) - 1, "metric.npy": 1 << 30, "training.bin": 1 << 32}
"""A model may come from a stranger: nothing larger is read. ONNX files hold no more, either."""


@dataclass(frozen=True)
class ModelInfo:
    """What model.json says: how to feed the encoder, and where it comes from."""

    name: str
    architecture: dict[str, Any]
    """Whatever the trainer needs to build the same network again: backbone, pooling, embedding_dim."""
    input_size: int
    """Side of the square pictures that the encoder takes, in pixels."""
    dimension: int
    """Length of the encoder's own embeddings, before any linear metric."""
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    training: dict[str, Any] = field(default_factory=dict)
    """The command's resolved configuration, data digest, library versions."""
    quality: dict[str, Any] = field(default_factory=dict)
    """Measured figures, each with the data they were measured on."""
    threshold: float | None = None
    """Similarity calibrated by `imgsearch eval`: pictures at or above it count as the same."""
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True)
class Model:
    """A model folder that was read and found in order."""

    folder: Path
    info: ModelInfo
    metric: LinearMetric | None = None

    @property
    def encoder_file(self) -> Path:
        """The ONNX graph."""
        return self.folder / "encoder.onnx"

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
        raise ModelError(f"{shown}: no such model folder; name one that `imgsearch train` made, or leave --model away")
    for file, most in _MOST_BYTES.items():
        if (folder / file).is_file() and (folder / file).stat().st_size > most:
            raise ModelError(f"{shown}: {file} is larger than {most:,} bytes, as none of a model is; copy it again")
    info = _read_info(folder / "model.json")
    if not (folder / "encoder.onnx").is_file():
        raise ModelError(f"{shown}: encoder.onnx is missing; copy the model folder again as a whole")
    metric_file = folder / "metric.npy"
    metric = _read_metric(metric_file, info.dimension) if metric_file.exists() else None
    return Model(folder, info, metric)


def _read_info(file: Path) -> ModelInfo:
    shown = printable(file)
    try:
        values = json.loads(file.read_bytes())
        version = values["format_version"]
    except FileNotFoundError:
        raise ModelError(f"{shown}: missing, so this is no model folder; `imgsearch train` makes one") from None
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelError(f"{shown}: not a model description ({error}); copy the model folder again") from None
    if version != FORMAT_VERSION:
        raise ModelError(f"{shown}: format version {version}, this imgsearch reads {FORMAT_VERSION}; upgrade imgsearch")
    try:
        known = {item.name for item in fields(ModelInfo)}
        info = ModelInfo(**{key: value for key, value in values.items() if key in known})
        whole = type(info.input_size) is int and type(info.dimension) is int
        valid = whole and 1 <= info.input_size <= 4096 and 1 <= info.dimension <= 65536
    except (TypeError, ValueError) as error:
        raise ModelError(f"{shown}: not a model description ({error}); copy the model folder again") from None
    if not valid:
        raise ModelError(f"{shown}: input size or dimension out of range; copy the model folder again")
    return info


def _read_metric(file: Path, dimension: int) -> LinearMetric:
    try:
        with file.open("rb") as stream:  # not np.load, which takes archives, too, and fails on them in many ways
            affine = np.lib.format.read_array(stream, allow_pickle=False)
        if affine.ndim != 2 or affine.shape[1] != dimension + 1 or affine.dtype != np.float32:
            raise ValueError(f"shape {affine.shape} {affine.dtype}, expected (m, {dimension + 1}) float32")
        return LinearMetric.from_affine(affine)
    except (OSError, ValueError, MemoryError) as error:
        raise ModelError(f"{printable(file)}: not a linear metric ({error}); train it again") from None


def write_info(folder: Path, info: ModelInfo) -> None:
    """Write model.json, whole or not at all."""
    text = json.dumps(asdict(info), indent=2, ensure_ascii=False) + "\n"
    beside = folder / "model.json.part"
    beside.write_text(text, encoding="utf-8")
    beside.replace(folder / "model.json")


def write_metric(folder: Path, metric: LinearMetric) -> None:
    """Write metric.npy."""
    np.save(folder / "metric.npy", metric.to_affine(), allow_pickle=False)


def copy_model(model: Model, destination: Path) -> Model:
    """Copy a model's files, and nothing else that lies in its folder, into `destination`."""
    destination.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if (model.folder / name).is_file():
            shutil.copyfile(model.folder / name, destination / name)
    return Model(destination, model.info, model.metric)


def same_encoder(one: Model, other: Model) -> bool:
    """Whether two models give a picture the same embedding, before any linear metric."""
    same_size = one.info.input_size == other.info.input_size
    return same_size and one.encoder_file.read_bytes() == other.encoder_file.read_bytes()


def model_digest(model: Model) -> str:
    """A digest of what decides a model's answers: encoder.onnx, input size and linear metric."""
    digest = hashlib.blake2b(model.encoder_file.read_bytes(), digest_size=16)
    digest.update(str(model.info.input_size).encode())
    if model.metric is not None:
        digest.update(model.metric.to_affine().tobytes())
    return digest.hexdigest()
