from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imgsearch.metric.linear import LinearMetric


def example(rows: int = 3, dimension: int = 5) -> tuple[LinearMetric, NDArray[np.float32], NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(rows, dimension)).astype(np.float32)
    mean = rng.normal(size=dimension).astype(np.float32)
    return LinearMetric.centred(matrix, mean), matrix, mean


def test_transform_against_loops() -> None:
    metric, matrix, mean = example()
    embeddings = np.random.default_rng(1).normal(size=(4, 5)).astype(np.float32)
    result = metric.transform(embeddings)
    assert result.dtype == np.float32
    for row, embedding in zip(result, embeddings, strict=True):
        mapped = [sum(w * (x - c) for w, x, c in zip(line, embedding, mean, strict=True)) for line in matrix.tolist()]
        length = sum(value**2 for value in mapped) ** 0.5
        assert row.tolist() == pytest.approx([value / length for value in mapped], abs=1e-6)


def test_distance_against_loops() -> None:
    metric, matrix, _ = example()
    x, y = np.random.default_rng(1).normal(size=(2, 4, 5)).astype(np.float32)
    for distance, a, b in zip(metric.distance(x, y), x, y, strict=True):
        mapped = [sum(w * (p - q) for w, p, q in zip(line, a, b, strict=True)) for line in matrix.tolist()]
        assert distance == pytest.approx(sum(value**2 for value in mapped) ** 0.5, rel=1e-5)


def test_what_maps_to_zero_stays_zero() -> None:
    metric = LinearMetric.centred(np.eye(3), np.array([1.0, 0.0, 0.0]))
    result = metric.transform(np.array([[1, 0, 0], [0, 1, 0]], dtype=np.float32))
    assert not result[0].any()
    assert np.linalg.norm(result[1]) == pytest.approx(1)


def test_tiny_results_are_normalised_too() -> None:
    metric = LinearMetric.centred(np.eye(2) * 1e-30, np.zeros(2))
    assert metric.transform(np.array([[3e-8, 4e-8]])).tolist() == [pytest.approx([0.6, 0.8])]


def test_no_rows_give_no_rows() -> None:
    metric, _, _ = example()
    assert metric.transform(np.zeros((0, 5), dtype=np.float32)).shape == (0, 3)


def test_affine_round_trip_is_exact() -> None:
    metric, matrix, _ = example()
    affine = metric.to_affine()
    assert affine.shape == (3, 6)
    assert affine.dtype == np.float32
    assert affine.flags.c_contiguous
    np.testing.assert_array_equal(affine[:, :-1], matrix)
    assert LinearMetric.from_affine(affine).to_affine().tobytes() == affine.tobytes()


FLOATS = np.eye(2, 3, dtype=np.float32)


@pytest.mark.parametrize(
    ("matrix", "offset", "message"),
    [
        (FLOATS, np.zeros(3, dtype=np.float32), r"\(2, 3\) and offset \(3,\)"),
        (FLOATS[0], np.zeros(3, dtype=np.float32), r"\(3,\) and offset \(3,\)"),
        (FLOATS[:0], np.zeros(0, dtype=np.float32), r"\(0, 3\) and offset \(0,\)"),
        (FLOATS.astype(np.float64), np.zeros(2, dtype=np.float32), "matrix is float64"),
        (FLOATS, np.zeros(2), "offset is float64"),
        (FLOATS * np.float32("nan"), np.zeros(2, dtype=np.float32), "matrix is not finite"),
        (FLOATS, np.full(2, np.inf, dtype=np.float32), "offset is not finite"),
    ],
)
def test_invalid_arrays_are_refused(matrix: NDArray[np.float32], offset: NDArray[np.float32], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LinearMetric(matrix, offset=offset)


def test_embeddings_of_another_dimension_are_refused() -> None:
    metric, _, _ = example()
    with pytest.raises(ValueError, match=r"\(4, 6\) do not fit a metric on 5"):
        metric.transform(np.zeros((4, 6), dtype=np.float32))
    with pytest.raises(ValueError, match="1-d array"):
        LinearMetric.from_affine(np.zeros(6, dtype=np.float32))
