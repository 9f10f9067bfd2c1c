"""What every linear metric promises, whatever it learns."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.metric.registry import LINEAR_METRICS, Fit, linear_metric
from imgsearch.retrieval import evaluate

Embeddings = NDArray[np.float32]
Labels = NDArray[np.intp]


UNSUPERVISED = {"mahalanobis", "whitening"}
LESS_OF_A_HELP = {
    # without labels nothing tells that the loud dimension is noise: no louder than the others is all that it can become
    "mahalanobis": 1.0,
    "whitening": 1.0,
    "lmnn": 1.2,  # draws together the neighbours that the noise has chosen
    "mmc": 1.2,  # keeps few directions
}
"""By what factor map_at_r gets better where noise is loud; 1.5 for all others."""


@pytest.fixture(params=sorted(LINEAR_METRICS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def fit(name: str) -> Fit:
    return linear_metric(name)


def labelled(sizes: tuple[int, ...], dimension: int, seed: int = 0) -> tuple[Embeddings, Labels]:
    """Unit rows of classes that differ in every dimension but the first, which is loud and says nothing."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    rows = rng.normal(size=(len(sizes), dimension))[labels] + 0.7 * rng.normal(size=(len(labels), dimension))
    rows[:, 0] = 6 * rng.normal(size=len(labels))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), labels


def twice(embeddings: Embeddings, labels: Labels) -> tuple[Embeddings, Labels]:
    return np.concatenate([embeddings, embeddings]), np.concatenate([labels, labels])


SETS = {
    "many pictures": labelled((20, 30, 25, 10), 8),
    "fewer pictures than dimensions": labelled((4, 5, 3), 40),
    "a class of one among others": labelled((9, 1, 8), 6),
    "two classes": labelled((15, 15), 5),
    "every picture twice": twice(*labelled((9, 12, 7), 6)),
}


@pytest.fixture(params=SETS)
def pictures(request: pytest.FixtureRequest) -> tuple[Embeddings, Labels]:
    return SETS[request.param]


def points_like(embeddings: NDArray[np.floating], seed: int = 1) -> Embeddings:
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


def test_a_unit_of_length_does_not_matter(fit: Fit, pictures: tuple[Embeddings, Labels]) -> None:
    embeddings, labels = pictures[0].astype(np.float64), pictures[1]  # 3·x rounded to float32 takes NCA elsewhere
    x, y = points_like(embeddings, 1), points_like(embeddings, 2)
    ratios = fit(3 * embeddings, labels).distance(3 * x, 3 * y) / fit(embeddings, labels).distance(x, y)
    np.testing.assert_allclose(ratios / ratios.mean(), 1, rtol=1e-4)


@pytest.mark.parametrize("precision", [np.float16, np.float64])
def test_precision_of_the_embeddings(
    fit: Fit, pictures: tuple[Embeddings, Labels], precision: type[np.floating]
) -> None:
    embeddings, labels = pictures[0].astype(precision), pictures[1]
    expected = fit(embeddings.astype(np.float32), labels)
    np.testing.assert_allclose(fit(embeddings, labels).to_affine(), expected.to_affine(), rtol=1e-5, atol=1e-5)


def test_a_noisy_dimension_is_overcome(fit: Fit, name: str) -> None:
    embeddings, labels = labelled((40,) * 6, 8)
    fitted = np.arange(len(labels)) % 2 == 0
    metric = fit(embeddings[fitted], labels[fitted])
    untouched = evaluate(embeddings[~fitted], labels[~fitted]).metrics["map_at_r"]
    learned = evaluate(metric.transform(embeddings[~fitted]), labels[~fitted]).metrics["map_at_r"]
    assert learned > LESS_OF_A_HELP.get(name, 1.5) * untouched


def test_a_class_of_one_may_join(fit: Fit, pictures: tuple[Embeddings, Labels]) -> None:
    embeddings, labels = pictures
    alone = points_like(embeddings)[:1]
    extended = np.concatenate([embeddings, alone / np.linalg.norm(alone)]), np.append(labels, 99)
    assert np.isfinite(fit(*extended).to_affine()).all()


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_pictures_all_the_same_give_a_finite_metric_or_none(fit: Fit, value: float) -> None:
    with contextlib.suppress(UserError):
        assert np.isfinite(
            fit(np.full((6, 4), value, dtype=np.float32), np.array([0, 0, 0, 1, 1, 1])).to_affine()
        ).all()


def test_one_class_is_not_enough(fit: Fit, name: str) -> None:
    embeddings, labels = labelled((12,), 5)
    if name in UNSUPERVISED:
        assert np.isfinite(fit(embeddings, labels).to_affine()).all()
        return
    with pytest.raises(UserError, match="one class"):
        fit(embeddings, labels)


def test_classes_of_one_are_not_enough(fit: Fit) -> None:
    with pytest.raises(UserError, match="no class has two pictures"):
        fit(*labelled((1, 1), 5))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_embedding_that_is_not_finite_is_named(fit: Fit, value: float) -> None:
    embeddings, labels = labelled((5, 4), 6)
    embeddings[7, 2] = value
    with pytest.raises(UserError, match=r"embedding 7 .* not finite"):
        fit(embeddings, labels)


def test_every_embedding_needs_a_label(fit: Fit) -> None:
    embeddings, labels = labelled((5, 4), 6)
    for count in (8, 10):
        with pytest.raises(UserError, match=f"9 embeddings but {count} labels"):
            fit(embeddings, np.resize(labels, count))


def test_learning_leaves_its_input_alone(fit: Fit, pictures: tuple[Embeddings, Labels]) -> None:
    embeddings, labels = pictures[0].copy(), pictures[1].copy()
    fit(embeddings, labels)
    np.testing.assert_array_equal(embeddings, pictures[0])
    np.testing.assert_array_equal(labels, pictures[1])
