"""Kernels of an ONNX graph kept in half precision: half of the file, and the graph computes the same.

They are constants, which ONNX Runtime makes single again once, when it opens the graph.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, TensorProto, helper, numpy_helper

ROUNDING = 1e-6
"""How far a kernel may be from the exported one, relative to the largest value of its channel; a float32 has 6e-8."""


def halve_kernels(graph: GraphProto, kernels: Mapping[str, NDArray[np.float32]]) -> None:
    """Replace those constants of a graph that are kernels by their halves, cast and scaled back, in place.

    The exporter folds a normalisation into the kernel before it, multiplying each of its output channels by one
    number, so that what was rounded to half precision is not any more: kernel and number are kept apart.

    Args:
        graph: with constants named as the parameters of the network it was exported from.
        kernels: by name, the network's own, each (output channels, …). Those that the graph does not have, or has
            otherwise than scaled by channel, or that half precision does not hold, stay as they are.
    """
    nodes = []
    for constant in list(graph.initializer):
        kernel = kernels.get(constant.name)
        parts = None if kernel is None else _parts(kernel, numpy_helper.to_array(constant))
        if parts is not None:
            half, scale = parts
            name = constant.name
            graph.initializer.remove(constant)
            graph.initializer.append(numpy_helper.from_array(half, f"{name}_half"))
            graph.initializer.append(numpy_helper.from_array(scale, f"{name}_scale"))
            nodes.append(helper.make_node("Cast", [f"{name}_half"], [f"{name}_single"], to=TensorProto.FLOAT))
            nodes.append(helper.make_node("Mul", [f"{name}_single", f"{name}_scale"], [name]))
    nodes.extend(graph.node)  # a node stands behind those it takes from
    del graph.node[:]
    graph.node.extend(nodes)


def _parts(
    kernel: NDArray[np.float32], exported: NDArray[np.float32]
) -> tuple[NDArray[np.float16], NDArray[np.float32]] | None:
    """Halves and a number for each output channel whose product is the exported kernel; None where there are none."""
    with np.errstate(over="ignore"):  # what is too large is infinite, and not the same
        half = kernel.astype(np.float16)
    if exported.shape != kernel.shape or exported.dtype != np.float32 or not np.array_equal(half, kernel):
        return None
    axes = tuple(range(1, kernel.ndim))
    wide = kernel.astype(np.float64)
    squares = np.square(wide).sum(axes, keepdims=True)
    scale = ((wide * exported).sum(axes, keepdims=True) / np.where(squares > 0, squares, 1)).astype(np.float32)
    wrong = np.abs(kernel * scale - exported).max(axes, keepdims=True)
    return (half, scale) if (wrong <= ROUNDING * np.abs(exported).max(axes, keepdims=True)).all() else None
