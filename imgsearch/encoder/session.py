"""Running graphs by ONNX Runtime (this is its only importer)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import onnxruntime

from imgsearch.errors import ModelError, UserError, printable
from imgsearch.images.preprocess import Pixels
from imgsearch.model import Feed

Device = Literal["auto", "cpu", "cuda"]
"""Where to encode; "auto" is a graphics card where ONNX Runtime can use one."""

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"

Embeddings = npt.NDArray[np.float32]
Session: TypeAlias = Any
"""`onnxruntime.InferenceSession`, which has no type hints."""


def run_graph(file: Path, pictures: Pixels, feed: Feed | None = None) -> Embeddings:
    """Run an encoder graph once on uint8 pictures (n, height, width, 3)."""
    return run(session(file, [CPU], few=True), pictures, file, feed)


def run(session: Session, pictures: Pixels, file: Path, feed: Feed | None = None) -> Embeddings:
    """What the graph of `file` makes of uint8 pictures (n, side, side, 3): one row each, made unit rows with a `feed`.

    Raises:
        ModelError: it is no encoder, or not one that takes such pictures.
    """
    try:
        if feed is None:
            rows: Embeddings = session.run(["embeddings"], {"pictures": pictures})[0]
            return rows
        size = feed.batch or len(pictures)
        parts = [_fed(session, pictures[start : start + size], feed, size) for start in range(0, len(pictures), size)]
    except Exception as error:  # ONNX Runtime's exceptions share no narrower base class
        raise useless(file, error) from None
    rows = np.concatenate(parts).astype(np.float32)
    rows = rows.reshape(rows.shape[:2]) if rows.ndim > 2 and set(rows.shape[2:]) == {1} else rows
    if rows.ndim != 2 or not np.isfinite(rows).all():
        return rows
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _fed(session: Session, pictures: Pixels, feed: Feed, size: int) -> npt.NDArray[Any]:
    """The output for at most `size` pictures, the graph being given so many: the last one again and again."""
    values = feed.array(pictures)
    missing = np.repeat(values[-1:], size - len(values), axis=0)
    output: npt.NDArray[Any] = session.run([feed.output], {feed.input: np.concatenate([values, missing])})[0]
    return output[: len(values)]


def providers(device: Device) -> list[Any]:
    """What ONNX Runtime shall encode by, the best first.

    Raises:
        UserError: it has none for that device.
    """
    has_cuda = device != "cpu" and CUDA in onnxruntime.get_available_providers()
    if device == "cuda" and not has_cuda:
        remedy = "pip install onnxruntime-gpu in place of onnxruntime, or leave --device away"
        raise UserError(f"--device cuda: this ONNX Runtime has no CUDA; {remedy}")
    # Full precision, for the embeddings are compared with those of processors.
    return [(CUDA, {"use_tf32": "0"}), CPU] if has_cuda else [CPU]


def session(file: Path, by: list[Any], *, few: bool = False, alone: bool = False) -> Session:
    """A graph that is ready to run.

    Args:
        file: the .onnx file.
        by: see `providers`.
        few: it is to run a few times only. Fewer optimisations would be ready 25 ms sooner, but compute in another
            order: what is asked alone would be ranked otherwise, once in a thousand times, than among many.
        alone: each thread that calls it computes by itself, rather than all together.

    Raises:
        ModelError: it cannot be read, or is no graph.
    """
    options = onnxruntime.SessionOptions()
    if few:
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # what follows needs the cores
    if alone:
        options.intra_op_num_threads = 1
    # Weights in other files would be read from where the user stands, whatever lies there; and an index copies but one.
    nowhere = str(Path(os.devnull) / "nowhere")  # not below the model, whose path need not be UTF-8
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", nowhere)
    options.log_severity_level = 3  # errors arrive as exceptions; warnings about graphs mean nothing to a user
    try:
        return onnxruntime.InferenceSession(file.read_bytes(), options, providers=by)
    except OSError as error:
        raise ModelError(f"{printable(file)}: cannot be read ({error.strerror}); copy the model folder again") from None
    except Exception as error:  # as above
        raise useless(file, error) from None


def useless(file: Path, error: Exception) -> ModelError:
    """What to say of a graph that ONNX Runtime cannot run."""
    cause = " ".join(str(error).split())[:200]
    if "external data" in cause.lower():
        remedy = "save it as one by Python's onnx: onnx.save(onnx.load('encoder.onnx'), 'whole.onnx')"
        return ModelError(f"{printable(file)}: keeps its weights in another file; {remedy}")
    return ModelError(f"{printable(file)}: not an encoder that can be run ({cause}); copy it, or export it, again")
