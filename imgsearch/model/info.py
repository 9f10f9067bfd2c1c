"""model.json: how to feed an encoder, and where it comes from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from imgsearch.errors import ModelError, printable
from imgsearch.model.feed import Feed

FORMAT_VERSION = 1
INTERPOLATIONS = ("bilinear", "bicubic")
MOST_PIXELS, MOST_DIMENSIONS = 4096, 65536


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
    resize: int | None = None
    """Shorter side to resize pictures to before the square in their middle is cut out; None: they are squeezed."""
    interpolation: str = "bicubic"
    """One of `INTERPOLATIONS`."""
    feed: Feed | None = None
    """How the graph is fed where it is of others; None: it takes uint8 pictures and does the rest inside."""
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    training: dict[str, Any] = field(default_factory=dict)
    """The command's resolved configuration, data digest, library versions."""
    quality: dict[str, Any] = field(default_factory=dict)
    """Measured figures, each with the data they were measured on."""
    threshold: float | None = None
    """Similarity calibrated by `imgsearch eval`: pictures at or above it count as the same."""
    format_version: int = FORMAT_VERSION


def read_info(file: Path) -> ModelInfo:
    """What a model folder's model.json says.

    Raises:
        ModelError: it is missing, damaged or of a newer format.
    """
    shown = printable(file)
    try:
        values = json.loads(file.read_bytes())
        version = values["format_version"]
    except FileNotFoundError:
        raise ModelError(f"{shown}: missing, so this is no model folder; `imgsearch train` makes one") from None
    except KeyError:
        raise ModelError(
            f"{shown}: has no format_version, so this is no model folder; name an encoder of others by its .onnx file"
        ) from None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise ModelError(f"{shown}: not a model description ({error}); copy the model folder again") from None
    if version != FORMAT_VERSION:
        raise ModelError(f"{shown}: format version {version}, this imgsearch reads {FORMAT_VERSION}; upgrade imgsearch")
    try:
        known = {item.name for item in fields(ModelInfo)}
        if values.get("feed") is not None:
            values["feed"] = Feed(**values["feed"])
        info = ModelInfo(**{key: value for key, value in values.items() if key in known})
        valid = sizes_fit(info) and info.interpolation in INTERPOLATIONS
    except (TypeError, ValueError) as error:
        raise ModelError(f"{shown}: not a model description ({error}); copy the model folder again") from None
    if not valid:
        raise ModelError(f"{shown}: input size or dimension out of range; copy the model folder again")
    return info


def sizes_fit(info: ModelInfo) -> bool:
    """Whether input size, dimension and resizing are whole numbers in the range of what encoders have."""
    sizes = (info.input_size, info.dimension) if info.resize is None else (info.input_size, info.dimension, info.resize)
    whole = all(type(size) is int for size in sizes)
    resized = whole and info.input_size <= (info.resize or info.input_size) <= MOST_PIXELS
    return resized and 1 <= info.input_size <= MOST_PIXELS and 1 <= info.dimension <= MOST_DIMENSIONS


def write_info(folder: Path, info: ModelInfo) -> None:
    """Write model.json, whole or not at all."""
    text = json.dumps(asdict(info), indent=2, ensure_ascii=False) + "\n"
    beside = folder / "model.json.part"
    beside.write_text(text, encoding="utf-8")
    beside.replace(folder / "model.json")
