"""From a trained network to a model folder, and back."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from imgsearch.errors import ModelError, printable
from imgsearch.model import Model
from imgsearch.training.config import Options
from imgsearch.training.embedder import Embedder
from imgsearch.training.half_kernels import halve_kernels

PARITY = 1e-4
"""Largest difference in any embedding's coordinate between torch and ONNX Runtime that an export may show."""


def export(embedder: Embedder, folder: Path, input_size: int) -> float:
    """Write encoder.onnx and weights.safetensors, and return the largest difference between torch and ONNX Runtime.

    Kernels are rounded to half precision first, in both files alike, which halves the weights on disk.

    Raises:
        RuntimeError: the exported graph computes something else (a bug).
    """
    _round_kernels(embedder)
    embedder.eval().to(memory_format=torch.contiguous_format)
    # a picture that is turned by a quarter has the size of one that is not only where it is square
    height, width = ("height", "width") if embedder.orientations == 1 else ("side", "side")
    dynamic = {0: "batch", 1: height, 2: width}
    difference = export_graph(embedder, folder, input_size, dynamic, halve=True)
    save_weights(embedder, folder)
    return difference


def export_graph(
    network: nn.Module, folder: Path, input_size: int, dynamic: dict[int, str], *, halve: bool = False
) -> float:
    """Write encoder.onnx, and return the largest difference between torch and ONNX Runtime.

    Args:
        network: from uint8 pictures (n, height, width, 3) to unit rows, in evaluation mode.
        folder: where to.
        input_size: side of the pictures that it is tried with, in pixels.
        dynamic: which of the sides of its input may have any length, and what they are called.
        halve: keep kernels that half precision holds in it.

    Raises:
        RuntimeError: the exported graph computes something else (a bug).
    """
    example = torch.from_numpy(
        np.random.default_rng(0).integers(0, 256, (2, input_size, input_size, 3), dtype=np.uint8)
    )
    beside = folder / "encoder.onnx.part"
    with _quiet():
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            input_names=["pictures"],
            output_names=["embeddings"],
            dynamic_shapes=(dynamic,),
        )
        if program is None:
            raise RuntimeError("torch.onnx.export returned nothing")
    model = program.model_proto  # made anew each time that it is asked for
    if halve:
        values = network.state_dict().items()
        halve_kernels(model.graph, {name: value.numpy() for name, value in values if value.ndim > 1})
    onnx.save(model, beside)
    difference = parity(network, beside, example)
    if not difference <= PARITY:
        raise RuntimeError(f"the exported encoder differs from the trained network by {difference:.2e}")
    beside.replace(folder / "encoder.onnx")
    return difference


def parity(network: nn.Module, graph: Path, example: Tensor) -> float:
    """Largest difference between torch's and ONNX Runtime's embeddings of uint8 pictures (n, side, side, 3)."""
    from imgsearch.encoder import run_graph

    with torch.inference_mode():
        expected = network(example).numpy()
    return float(np.abs(expected - run_graph(graph, example.numpy())).max())


def save_weights(embedder: Embedder, folder: Path) -> None:
    """Write weights.safetensors, whole or not at all: kernels in half precision, all else in single."""
    from safetensors.torch import save

    tensors = {
        name: (value.half() if value.ndim > 1 else value).contiguous() for name, value in embedder.state_dict().items()
    }
    beside = folder / "weights.safetensors.part"
    beside.write_bytes(save(tensors))  # not save_file, whose files nobody else may read
    beside.replace(folder / "weights.safetensors")


def load_weights(
    model: Model,
    *,
    embedding_dim: int | None = None,
    pooling: str | None = None,
    pooling_options: Options | None = None,
    image_size: int | None = None,
    seed: int = 0,
) -> Embedder:
    """The network of a model folder, to go on training from; what is None is as in the model.

    Where pooling, its options or the embedding dimension differ from the model's, or the picture size for a pooling
    that is made for one, only the backbone is the model's: what follows it begins anew, the same for the same seed.

    Raises:
        ModelError: weights missing, damaged, or of another architecture.
        UserError: a pooling that does not exist or fit.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    shown = printable(model.weights_file)
    try:
        kept = Embedder(**model.info.architecture)
        tensors = load_file(model.weights_file)
        kept.load_state_dict(
            {name: value.float() if value.is_floating_point() else value for name, value in tensors.items()}
        )
    except FileNotFoundError:
        raise ModelError(
            f"{shown}: missing, so training cannot go on from it; start from another model or --from scratch"
        ) from None
    except (SafetensorError, RuntimeError, TypeError, ValueError, AttributeError, OSError) as error:
        raise ModelError(
            f"{shown}: does not fit the model's architecture ({str(error).splitlines()[0]}); copy the model again"
        ) from None
    before = kept.architecture
    same_pooling = pooling is None or pooling == before.get("pooling", "gem")
    if pooling_options is None and same_pooling:
        pooling_options = before.get("pooling_options")
    torch.manual_seed(seed)
    wanted = Embedder(
        before["backbone"],
        embedding_dim or before["embedding_dim"],
        before.get("pooling", "gem") if pooling is None else pooling,
        pooling_options,
        image_size or before.get("image_size") or model.info.input_size,
        before.get("stages"),
        before.get("mirrored", False),
        before.get("orientations", 1),
    )
    if wanted.architecture == before:
        return kept
    wanted.backbone.load_state_dict(kept.backbone.state_dict())
    return wanted


@torch.no_grad()
def _round_kernels(embedder: Embedder) -> None:
    for value in embedder.parameters():
        if value.ndim > 1:
            value.copy_(value.half().float())


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's progress report off stdout, which is for answers, and its warnings and log off stderr."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
