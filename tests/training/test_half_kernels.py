"""Kernels in half precision: a smaller file that computes the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from imgsearch.encoder import run_graph
from imgsearch.training.embedder import new_embedder
from imgsearch.training.export import export, export_graph
from imgsearch.training.half_kernels import halve_kernels

HALVES = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float16).astype(np.float32)
"""A linear layer from four numbers to six that half precision holds."""
SCALE = np.array([0.3, -1.7, 1, 12.345, 1e-3, 0.7], np.float32)[:, None]


def linear(weight: NDArray[np.float32]) -> onnx.ModelProto:
    """A graph that multiplies a row of four by a constant, `weight`."""
    rows, columns = weight.shape
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "weight"], ["y"], transB=1)],
        "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, columns])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, rows])],
        [numpy_helper.from_array(weight, "weight")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])


def output(model: onnx.ModelProto) -> NDArray[np.float32]:
    onnx.checker.check_model(model)
    (rows,) = ReferenceEvaluator(model).run(["y"], {"x": np.array([[1, -2, 0.5, 3]], np.float32)})
    return np.asarray(rows)


def stored(model: onnx.ModelProto) -> dict[str, np.dtype[np.generic]]:
    return {constant.name: numpy_helper.to_array(constant).dtype for constant in model.graph.initializer}


def test_a_kernel_scaled_by_channel_is_kept_as_halves_and_a_number_for_each_channel() -> None:
    model = linear(HALVES * SCALE)
    before = output(model)
    halve_kernels(model.graph, {"weight": HALVES})
    assert stored(model) == {"weight_half": np.float16, "weight_scale": np.float32}
    np.testing.assert_allclose(output(model), before, rtol=1e-6)


def test_a_channel_of_zeros_stays_zero() -> None:
    kernel = HALVES * np.array([1, 0, 1, 1, 0, 1], np.float32)[:, None]
    model = linear(kernel * SCALE)
    before = output(model)
    halve_kernels(model.graph, {"weight": kernel})
    assert stored(model)["weight_half"] == np.float16
    np.testing.assert_allclose(output(model), before, rtol=1e-6)


@pytest.mark.parametrize(
    ("exported", "kernels"),
    [
        (HALVES, {"another": HALVES}),
        (HALVES + np.float32(1e-4), {"weight": HALVES + np.float32(1e-4)}),  # no halves
        (HALVES * np.float32(1e5), {"weight": HALVES * np.float32(1e5)}),  # too large for them
        (HALVES * SCALE[::-1] + np.float32(0.01), {"weight": HALVES}),  # no multiple
        (np.ascontiguousarray(HALVES.T), {"weight": HALVES}),  # of another shape
    ],
    ids=["unnamed", "inexact", "too large", "not scaled", "transposed"],
)
def test_what_halves_do_not_hold_stays_as_it_is(
    exported: NDArray[np.float32], kernels: dict[str, NDArray[np.float32]]
) -> None:
    model = linear(exported)
    before = model.SerializeToString(deterministic=True)
    halve_kernels(model.graph, kernels)
    assert model.SerializeToString(deterministic=True) == before


def test_an_exported_encoder_has_half_the_size_and_computes_the_same_embeddings(tmp_path: Path) -> None:
    embedder = new_embedder("small", 16, 0)
    for module in embedder.modules():  # as if trained: what is folded into the kernels is not 1
        if isinstance(module, torch.nn.BatchNorm2d):
            assert module.running_var is not None
            module.weight.data.uniform_(0.5, 2)
            module.running_var.uniform_(0.5, 2)
    export(embedder, tmp_path, 32)
    (tmp_path / "whole").mkdir()
    export_graph(embedder, tmp_path / "whole", 32, {0: "batch", 1: "height", 2: "width"})
    whole, halves = tmp_path / "whole" / "encoder.onnx", tmp_path / "encoder.onnx"
    assert halves.stat().st_size < 0.52 * whole.stat().st_size
    pictures = np.random.default_rng(0).integers(0, 256, (3, 48, 32, 3), dtype=np.uint8)
    np.testing.assert_allclose(run_graph(halves, pictures), run_graph(whole, pictures), atol=1e-6)
