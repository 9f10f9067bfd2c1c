"""What every linear metric promises, whatever it learns."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imgsearch.metric.registry import LINEAR_METRICS, Fit, linear_metric
from imgsearch.retrieval import evaluate

Embeddings = NDArray[np.float32]
Labels = NDArray[np.intp]


@pytest.fixture(params=sorted(LINEAR_METRICS))
def fit(request: pytest.FixtureRequest) -> Fit:
    return linear_metric(request.param)


def labelled(sizes: tuple[int, ...], dimension: int, seed: int = 0) -> tuple[Embeddings, Labels]:
    """Unit rows of classes that differ in every dimension but the first, which is loud and says nothing."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    rows = rng.normal(size=(len(sizes), dimension))[labels] + 0.7 * rng.normal(size=(len(labels), dimension))
    rows[:, 0] = 6 * rng.normal(size=len(labels))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), labels


SETS = {
    "many pictures": labelled((20, 30, 25, 10), 8),
    "fewer pictures than dimensions": labelled((4, 5, 3), 40),
    "a class of one among others": labelled((9, 1, 8), 6),
    "two classes": labelled((15, 15), 5),
}


@pytest.fixture(params=SETS)
def pictures(request: pytest.FixtureRequest) -> tuple[Embeddings, Labels]:
    return SETS[request.param]


def points_like(embeddings: Embeddings, seed: int = 1) -> Embeddings:
    return np.random.default_rng(seed).normal(size=(50, embeddings.shape[1])).astype(np.float32)


def test_finite_and_normalised(fit: Fit, pictures: tuple[Embeddings, Labels]) -> None:
    metric = fit(*pictures)
    transformed = metric.transform(pictures[0])
    assert transformed.shape == (len(pictures[0]), len(metric.matrix))
    np.testing.assert_allclose(np.linalg.norm(transformed, axis=1), 1, atol=1e-6)


def test_axioms_of_a_metric(fit: Fit, pictures: tuple[Embeddings, Labels]) -> None:
    metric = fit(*pictures)
    x, y, z = (points_like(pictures[0], seed) for seed in range(3))
    assert (metric.distance(x, y) > 0).all()
    assert (metric.distance(x, x) == 0).all()
    np.testing.assert_array_equal(metric.distance(x, y), metric.distance(y, x))
    slack = 1e-9 * metric.distance(x, z)
    assert (metric.distance(x, z) <= metric.distance(x, y) + metric.distance(y, z) + slack).all()
    halfway = (x.astype(np.float64) + z) / 2  # where the inequality is tight
    np.testing.assert_allclose(metric.distance(x, halfway) + metric.distance(halfway, z), metric.distance(x, z))


def test_names_of_classes_do_not_matter(fit: Fit, pictures: tuple[Embeddings, Labels]) -> None:
    embeddings, labels = pictures
    renamed = np.array([50, -3, 7, 1000])[labels]
    x, y = points_like(embeddings, 1), points_like(embeddings, 2)
    expected = fit(embeddings, labels).distance(x, y)
    np.testing.assert_allclose(fit(embeddings, renamed).distance(x, y), expected, rtol=1e-4)


def test_order_of_pictures_does_not_matter(fit: Fit, pictures: tuple[Embeddings, Labels]) -> None:
    embeddings, labels = pictures
    order = np.random.default_rng(0).permutation(len(labels))
    x, y = points_like(embeddings, 1), points_like(embeddings, 2)
    expected = fit(embeddings, labels).distance(x, y)
    np.testing.assert_allclose(fit(embeddings[order], labels[order]).distance(x, y), expected, rtol=1e-4)


def test_rotating_everything_changes_no_distance(fit: Fit, pictures: tuple[Embeddings, Labels]) -> None:
    embeddings, labels = pictures
    dimension = embeddings.shape[1]
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(dimension, dimension)))[0]
    x, y = points_like(embeddings, 1), points_like(embeddings, 2)
    rotated = fit(embeddings @ rotation, labels).distance(x @ rotation, y @ rotation)
    np.testing.assert_allclose(rotated, fit(embeddings, labels).distance(x, y), rtol=1e-4)


def test_a_noisy_dimension_is_overcome(fit: Fit) -> None:
    embeddings, labels = labelled((40,) * 6, 8)
    fitted = np.arange(len(labels)) % 2 == 0
    metric = fit(embeddings[fitted], labels[fitted])
    untouched = evaluate(embeddings[~fitted], labels[~fitted]).metrics["map_at_r"]
    learned = evaluate(metric.transform(embeddings[~fitted]), labels[~fitted]).metrics["map_at_r"]
    assert learned > 1.5 * untouched


def test_learning_leaves_its_input_alone(fit: Fit, pictures: tuple[Embeddings, Labels]) -> None:
    embeddings, labels = pictures[0].copy(), pictures[1].copy()
    fit(embeddings, labels)
    np.testing.assert_array_equal(embeddings, pictures[0])
    np.testing.assert_array_equal(labels, pictures[1])
