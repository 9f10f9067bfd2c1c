"""The tree of classes against loops, and four classes computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from imgsearch.training import class_tree
from imgsearch.training.class_tree import build


def on_the_circle(degrees: list[float]) -> class_tree.Array:
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_a_hand_computed_tree_of_four_classes() -> None:
    # Two pictures each, at ±10° around 0°, 40°, 90° and 200°. A squared distance is 2 − 2·cos of the angle between.
    # s = 2 − 2·cos 20° = 0.1206 for every class, so d₀ = 0.1206 and a level is (4 − d₀)/16 = 0.2425.
    # Two classes φ apart have angles φ−20, φ, φ, φ+20, whose mean cosine is cos φ·(1 + cos 20°)/2 = 0.9698·cos φ:
    #   40° (0–1): 0.5141, above d₁ = 0.3631 and below d₂ = 0.6055 → level 2
    #   50° (1–2): 0.7532, below d₃ = 0.8480 → level 3
    #   90° (0–2): 2, directly only below d₈ = 2.0603, but 0 and 2 are both with 1 at level 3 → level 3
    #   110° (2–3): 2.6634, below d₁₁ = 2.7878 (d₁₀ = 2.5454) → level 11, and with 2 come 0 and 1
    #   160° (0–3, 1–3): 3.8227, directly below d₁₆ only.
    tree = build(on_the_circle([-10, 10, 30, 50, 80, 100, 190, 210]), np.array([0, 0, 1, 1, 2, 2, 3, 3]), 4)
    assert tree.spreads == pytest.approx([0.12061] * 4, abs=1e-5)
    assert tree.thresholds[[0, 1, 2, 3, 11, 16]] == pytest.approx(
        [0.12061, 0.36308, 0.60554, 0.848, 2.7877, 4], abs=1e-4
    )
    assert tree.distances[0] == pytest.approx([0.06031, 0.51412, 2.0, 3.82273], abs=1e-4)
    assert tree.distances[1, 2] == pytest.approx(0.75322, abs=1e-4)
    assert tree.distances[2, 3] == pytest.approx(2.66343, abs=1e-4)
    assert tree.levels.tolist() == [[0, 2, 3, 11], [2, 0, 3, 11], [3, 3, 0, 11], [11, 11, 11, 0]]


@pytest.mark.parametrize("seed", range(4))
def test_spreads_and_distances_are_means_over_pairs_of_pictures(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.array([0] * 5 + [1] * 3 + [2] * 2 + [3] + [5] * 4))
    rows = generator.normal(size=(len(labels), 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    tree = build(rows, labels, 6)
    squares = np.square(rows[:, None] - rows[None]).sum(axis=2)
    for p in range(6):
        own = np.flatnonzero(labels == p)
        spread = squares[np.ix_(own, own)].sum() / (len(own) ** 2 - len(own)) if len(own) > 1 else 0.0
        assert tree.spreads[p] == pytest.approx(spread)
        for q in range(6):
            between = squares[np.ix_(own, labels == q)]
            assert tree.distances[p, q] == pytest.approx(between.mean() if between.size else 4.0)
    assert tree.thresholds[0] == pytest.approx(tree.spreads[[0, 1, 2, 5]].mean())


@pytest.mark.parametrize("seed", range(6))
def test_a_level_is_the_first_at_which_two_classes_are_connected(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels = np.repeat(np.arange(12), 3)
    rows = generator.normal(size=(12, 3))[labels] + generator.normal(size=(36, 3), scale=0.2)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    tree = build(rows, labels, 12, levels=8)
    for level, threshold in enumerate(tree.thresholds[:-1]):
        linked = (tree.distances < threshold) | np.eye(12, dtype=bool)
        reached = np.linalg.matrix_power(linked.astype(float), 12) > 0
        assert np.array_equal(reached, tree.levels <= level)
    assert tree.levels.max() <= 8


def test_no_class_without_pictures_and_no_lone_picture_breaks_it() -> None:
    tree = build(on_the_circle([0, 91]), np.array([0, 2]), 3)
    assert np.isfinite(tree.thresholds).all() and tree.spreads.tolist() == [0, 0, 0]
    assert tree.levels[0].tolist() == [0, 16, 9]  # d₀ = 0, D² = 2.03 is above d₈ = 2
    same = build(on_the_circle([0, 0, 0, 0]), np.array([0, 0, 1, 1]), 2)
    assert np.isfinite(same.thresholds).all() and same.levels[0, 1] == 1
    one = build(on_the_circle([0, 10]), np.array([0, 0]), 1)
    assert one.levels.tolist() == [[0]] and len(one.nearest(0)) == 0


def test_nearest_classes_come_by_level_then_by_distance() -> None:
    tree = build(on_the_circle([-10, 10, 30, 50, 80, 100, 190, 210]), np.array([0, 0, 1, 1, 2, 2, 3, 3]), 4)
    assert tree.nearest(0).tolist() == [1, 2, 3]
    assert tree.nearest(3)[0] == 2
    assert tree.nearest(2).tolist() == [1, 0, 3]
