from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric import mmc
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.mmc import fit, fit_pairs, spread
from imgsearch.metric.pairs import Pairs, class_pairs
from tests.metric.oracle import metric_learns

Points = NDArray[np.float64]
Labels = NDArray[np.intp]


def drawn(sizes: tuple[int, ...] = (15, 10, 12), dimension: int = 4, seed: int = 0) -> tuple[Points, Labels]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    noise = rng.normal(size=(len(labels), dimension)) @ rng.normal(size=(dimension, dimension))
    return 2 * rng.normal(size=(len(sizes), dimension))[labels] + noise, labels


def matrix_of(metric: LinearMetric) -> Points:
    root = metric.matrix.astype(np.float64)
    np.testing.assert_allclose(root, root.T, atol=1e-6 * np.abs(root).max())
    return root @ root


def naive_sums(matrix: Points, points: Points, pairs: Pairs) -> tuple[float, float]:
    """Σ d² over similar pairs, Σ d over dissimilar ones."""
    similar = dissimilar = 0.0
    for first, second, same in zip(pairs.first, pairs.second, pairs.same, strict=True):
        difference = points[first] - points[second]
        squared = max(0.0, float(difference @ matrix @ difference))
        similar, dissimilar = (similar + squared, dissimilar) if same else (similar, dissimilar + squared**0.5)
    return similar, dissimilar


def objective(matrix: Points, points: Points, pairs: Pairs) -> float:
    """Σ d² over similar pairs once the matrix is scaled to meet the constraint."""
    similar, dissimilar = naive_sums(matrix, points, pairs)
    return similar / dissimilar**2


def test_two_directions_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    # similar pairs differ by (1, 0) and (0, 2), dissimilar ones by (1, 0) and (0, 1): min m₁ + 4m₂ s.t. √m₁ + √m₂ ≥ 1.
    # With ν for the constraint 1 = ν/2√m₁ and 4 = ν/2√m₂, so √m₁ = 4√m₂ = 4/5.
    monkeypatch.setattr(mmc, "_GAP", 1e-12)
    points = np.array([[0, 0], [1, 0], [0, 2], [5, 5], [6, 5], [5, 6]], dtype=float)
    pairs = Pairs(np.array([0, 2, 3, 5]), np.array([1, 0, 4, 3]), np.array([True, True, False, False]))
    metric = fit_pairs(points, pairs, shrinkage=0.0)
    np.testing.assert_allclose(metric.matrix, np.diag([0.8, 0.2]), atol=1e-5)
    np.testing.assert_allclose(metric.offset, -metric.matrix @ points.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("dimension", [1, 2, 4, 9])
def test_no_metric_is_better_by_more_than_the_gap(dimension: int) -> None:
    points, labels = drawn(dimension=dimension)
    pairs = class_pairs(labels, 10**6, 0)
    matrix = matrix_of(fit_pairs(points, pairs, shrinkage=0.0))
    similar, dissimilar = naive_sums(matrix, points, pairs)
    assert dissimilar == pytest.approx(1, abs=1e-5)
    # for all M: (Σ d_M)² ≤ Σ d²_M/d · Σ d = tr(W·M), W = Σ (x − y)(x − y)ᵀ/d, and tr(W·M) ≤ λ_max(S⁻¹·W)·tr(S·M)
    differences = pairs.differences(points)
    scatter = sum(np.outer(row, row) for row in differences[pairs.same])
    weighted = sum(np.outer(row, row) / (row @ matrix @ row) ** 0.5 for row in differences[~pairs.same])
    bound = 1 / np.linalg.eigvals(np.linalg.solve(scatter, weighted)).real.max()
    assert similar / 1.003 <= bound <= similar * (1 + 1e-4)
    rng = np.random.default_rng(1)
    for _ in range(50):
        factor = rng.normal(size=(dimension, dimension))
        assert objective(factor.T @ factor, points, pairs) >= bound * (1 - 1e-4)


def test_metric_learn_is_no_better() -> None:
    points, labels = drawn()
    pairs = class_pairs(labels, 60, 0)
    both = np.stack([points[pairs.first], points[pairs.second]], axis=1)
    # its default of 100 iterations of 10,000 projections takes ten seconds, for 0.0015708 against our 0.0015685
    theirs = metric_learns("MMC", both, np.where(pairs.same, 1, -1), max_iter=30, max_proj=1000)
    ours = matrix_of(fit_pairs(points, pairs, shrinkage=0.0))
    assert objective(ours, points, pairs) <= 1.001 * objective(theirs, points, pairs)


def test_every_step_is_uphill() -> None:
    points, labels = drawn(dimension=6)
    steps = points[labels == 0][:10] - points[labels == 1]
    reached = []
    for iterations in range(8):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(mmc, "_ITERATIONS", iterations)
            share = spread(steps)
        assert np.trace(share) == pytest.approx(1)
        reached.append(sum((row @ share @ row) ** 0.5 for row in steps))
    assert (np.diff(reached) > 0).all()


@pytest.mark.parametrize("sizes", [(15, 10, 12), (9, 1, 8)])
def test_classes_mean_all_their_pairs(sizes: tuple[int, ...]) -> None:
    points, labels = drawn(sizes)
    expected = fit_pairs(points, class_pairs(labels, 10**6, 0), shrinkage=0.0)
    np.testing.assert_allclose(fit(points, labels, shrinkage=0.0).matrix, expected.matrix, atol=1e-6)


def test_drawn_pairs_come_near_to_all() -> None:
    points, labels = drawn((60, 50, 40))
    pairs = class_pairs(labels, 10**6, 0)
    best = objective(matrix_of(fit(points, labels, shrinkage=0.0)), points, pairs)
    estimated = fit(points, labels, shrinkage=0.0, pairs=500)
    assert objective(matrix_of(estimated), points, pairs) < 1.05 * best
    np.testing.assert_array_equal(estimated.matrix, fit(points, labels, shrinkage=0.0, pairs=500).matrix)
    assert (estimated.matrix != fit(points, labels, shrinkage=0.0, pairs=500, seed=1).matrix).any()


def test_fewer_pictures_than_dimensions_need_shrinkage() -> None:
    points, labels = drawn((4, 5, 3), dimension=40)
    assert np.isfinite(fit(points, labels).matrix).all()
    with pytest.raises(UserError, match="singular"):
        fit(points, labels, shrinkage=0.0)


def test_identical_pictures_said_to_be_different_change_nothing() -> None:
    points, labels = drawn()
    points = np.vstack([points, points[:1]])
    pairs = class_pairs(labels, 10**6, 0)
    twins = Pairs(np.append(pairs.first, 0), np.append(pairs.second, len(labels)), np.append(pairs.same, False))
    np.testing.assert_array_equal(fit_pairs(points, twins).matrix, fit_pairs(points, pairs).matrix)


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        (np.eye(4), np.zeros(4, dtype=int), "one class"),
        (np.eye(2), np.arange(2), "no class has two pictures"),
        (np.full((4, 3), 0.1), np.array([0, 0, 1, 1]), "different are identical"),
        (np.eye(2)[[0, 0, 1, 1]] * 0.1, np.array([0, 0, 1, 1]), "same are identical"),
        (np.array([[1.0, 0], [np.nan, 0]]), np.array([0, 0]), "embedding 1 .* not finite"),
        (np.eye(4), np.zeros(3, dtype=int), "4 embeddings but 3 labels"),
    ],
)
def test_what_mmc_cannot_learn_from(points: Points, labels: Labels, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        fit(points, labels)
    assert "\n" not in str(raised.value)


def test_options_out_of_range() -> None:
    with pytest.raises(UserError, match="pairs 0"):
        fit(*drawn(), pairs=0)
    with pytest.raises(UserError, match="shrinkage 2"):
        fit(*drawn(), shrinkage=2)


@pytest.mark.parametrize("same", [[True, True], [False, False], []])
def test_one_kind_of_pairs_does_not_suffice(same: list[bool]) -> None:
    pairs = Pairs(np.arange(len(same)), np.arange(len(same)) + 1, np.array(same, dtype=bool))
    with pytest.raises(UserError, match="both kinds"):
        fit_pairs(np.eye(4), pairs)


def test_contradictory_pairs_are_named() -> None:
    pairs = Pairs(np.array([0, 3, 1]), np.array([1, 2, 0]), np.array([True, False, False]))
    with pytest.raises(UserError, match="rows 0 and 1"):
        fit_pairs(np.eye(4), pairs)
