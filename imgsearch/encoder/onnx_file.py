"""Encoders of others: an .onnx file, and beside it a small model.json that says how to feed it.

    {"input_size": 224, "layout": "NCHW", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}

`input_size`    side of the square pictures, in pixels
`layout`        NCHW or NHWC
`mean`, `std`   three numbers each; what goes in is (value · scale − mean) / std. A graph that takes uint8 has none
`scale`         1/255 by default: the pictures' values run from 0 to 255
`channels`      RGB (default) or BGR; mean and std are in the same order
`resize`        shorter side to resize to before the square in the middle is cut out; by default pictures are squeezed
`interpolation` bilinear or bicubic (default), always antialiased
`input`, `output` names in the graph, where it has several
`dtype`         float32, float16 or uint8, for a check: the graph itself says it
`name`, `quality` as in a model folder
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from imgsearch.encoder.session import CPU, Session, run, session
from imgsearch.errors import ModelError, printable
from imgsearch.model import Feed, Model, ModelInfo, load_model, require_size
from imgsearch.model.info import INTERPOLATIONS, sizes_fit
from imgsearch.registry import unknown

EXAMPLE = '{"input_size": 224, "layout": "NCHW", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}'

_DTYPES = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(uint8)": "uint8"}
_OWN = ("input_size", "resize", "interpolation", "name", "quality")
_FEED = ("layout", "dtype", "mean", "std", "scale", "channels", "input", "output")


def open_model(name: str | os.PathLike[str]) -> Model:
    """The embedded model for "base", else the .onnx file or model folder of that path.

    Raises:
        ModelError: it is missing, damaged or of a newer format, or nobody says how to feed it.
    """
    path = Path(name)
    if os.fspath(name).startswith("torchvision:"):
        raise ModelError(f"{printable(name)}: from Python, open it by imgsearch.workflows.model_cache.find_model")
    if path.suffix.lower() != ".onnx" or path.is_dir():
        return load_model(name)
    if not path.is_file():
        raise ModelError(f"{printable(path)}: no such file; name an .onnx file or a model folder")
    require_size(path, "encoder.onnx")
    values = _description(path)
    if "format_version" in values:
        if path.name == "encoder.onnx":
            return load_model(path.parent)
        raise _wrong(path, f"describes encoder.onnx, not {path.name}; move that into a folder of its own")
    try:
        return Model(path, _examined(path, values))
    except ValueError as error:
        raise _wrong(path, str(error)) from None


def _description(path: Path) -> dict[str, Any]:
    file = path.with_name("model.json")
    require_size(file, "model.json")
    try:
        values = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise _wrong(path, "missing, so nobody says how to feed the encoder beside it") from None
    except (OSError, ValueError, RecursionError) as error:
        raise _wrong(path, f"cannot be read ({error})") from None
    if not isinstance(values, dict):
        raise _wrong(path, "no object with names and values")
    return values


def _wrong(path: Path, problem: str) -> ModelError:
    return ModelError(f"{printable(path.with_name('model.json'))}: {problem}; write, for example, {EXAMPLE}")


def _examined(path: Path, values: dict[str, Any]) -> ModelInfo:
    """What there is to know of an encoder, once it has been tried; ValueError where its description is wrong."""
    for name in values:
        if name not in _OWN + _FEED:
            raise ValueError(unknown("entry", name, _OWN + _FEED))
    if not isinstance(values.get("quality", {}), dict):
        raise ValueError("quality is no object with names and values")
    own = {name: values[name] for name in _OWN if name in values}
    graph = session(path, [CPU], few=True)
    feed = _feed(graph, values)
    info = ModelInfo(**{"name": path.stem, "input_size": 0, **own}, architecture={}, dimension=1, feed=feed)
    if not sizes_fit(info):
        sizes = ", ".join(f"{name} is {own[name]!r}" for name in ("input_size", "resize") if name in own)
        raise ValueError(f"{sizes or 'input_size is missing'}: not a number of pixels, or resize is the smaller one")
    if info.interpolation not in INTERPOLATIONS:
        raise ValueError(f"interpolation is {info.interpolation!r}, not {' or '.join(INTERPOLATIONS)}")
    _require_shape(graph, feed, info.input_size)
    shape = (2, info.input_size, info.input_size, 3)
    rows = run(graph, np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8), path, feed)
    if rows.shape[:1] != (2,) or rows.ndim != 2:
        raise ValueError(f"output {feed.output} gives {list(rows.shape)} for two pictures, not a vector for each")
    if not np.isfinite(rows).all():
        raise ValueError("fed like that, the graph gives numbers that are not finite")
    return replace(info, name=str(info.name), dimension=rows.shape[1], mean=feed.mean, std=feed.std)


def _feed(graph: Session, values: dict[str, Any]) -> Feed:
    """How to feed a graph, as it says itself and as its description says."""
    inputs = {item.name: item for item in graph.get_inputs()}
    taken = _chosen("input", list(inputs), values)
    given = _chosen("output", [item.name for item in graph.get_outputs()], values)
    if others := ", ".join(inputs.keys() - {taken}):
        raise ValueError(f"the graph takes more than pictures ({others}); export the part that takes pictures alone")
    node = inputs[taken]
    if len(node.shape) != 4:
        raise ValueError(f"the graph takes {node.shape}, which is no batch of pictures; export another one")
    dtype = _DTYPES.get(node.type)
    if dtype is None or values.get("dtype", dtype) != dtype:
        raise ValueError(f"dtype is {values.get('dtype')!r}, and the graph takes {node.type}")
    for name in ("mean", "std"):
        if (name in values) == (dtype == "uint8"):
            raise ValueError(f"{name} is {'there, but the graph takes uint8' if name in values else 'missing'}")
    if dtype == "uint8" and "scale" in values:
        raise ValueError("scale is there, but the graph takes uint8")
    if "layout" not in values:
        raise ValueError("layout is missing")
    options = {name: values[name] for name in ("layout", "mean", "std", "scale", "channels") if name in values}
    batch = node.shape[0] if isinstance(node.shape[0], int) else None
    return Feed(**options, dtype=dtype, input=taken, output=given, batch=batch)


def _chosen(kind: str, names: list[str], values: dict[str, Any]) -> str:
    """The name of the graph's input or output."""
    wanted = values.get(kind)
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted not in names:
        problem = f"the graph has several {kind}s" if wanted is None else f"the graph has no {kind} {wanted!r}"
        raise ValueError(f"{problem}; name one of {', '.join(names)} by {kind}")
    return str(wanted)


def _require_shape(graph: Session, feed: Feed, side: int) -> None:
    shape = next(item.shape for item in graph.get_inputs() if item.name == feed.input)
    expected = [feed.batch, 3, side, side] if feed.layout == "NCHW" else [feed.batch, side, side, 3]
    if any(isinstance(have, int) and have != want for have, want in zip(shape, expected, strict=True)):
        raise ValueError(f"layout {feed.layout} and input_size {side} do not fit the graph, which takes {shape}")
