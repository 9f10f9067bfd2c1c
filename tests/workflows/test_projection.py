"""Embeddings on a plane."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from imgsearch.errors import UserError
from imgsearch.workflows import projection
from imgsearch.workflows.projection import project, require_projection


def rows(count: int, dimension: int = 12, seed: int = 0) -> NDArray[np.float32]:
    """Unit rows whose variance differs from axis to axis."""
    drawn = np.random.default_rng(seed).normal(size=(count, dimension)) * np.linspace(3, 0.2, dimension) + 1
    unit: NDArray[np.float32] = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return unit


@pytest.mark.parametrize("count", [2, 3, 5, 200])
def test_principal_components_are_those_of_scikit_learn(count: int) -> None:
    embeddings = rows(count)
    oracle = PCA(2, svd_solver="full").fit(embeddings.astype(np.float64))
    expected = oracle.transform(embeddings.astype(np.float64))
    found = project(embeddings)
    kept = min(2, count - 1)  # with two points there is one direction
    assert np.allclose(np.abs(found.points[:, :kept]), np.abs(expected[:, :kept]), atol=1e-6)
    assert np.allclose(found.points[:, kept:], 0, atol=1e-6)
    assert found.explained == pytest.approx(oracle.explained_variance_ratio_.sum())


def test_the_order_of_the_pictures_changes_no_point() -> None:
    embeddings = rows(50)
    order = np.random.default_rng(1).permutation(50)
    assert np.allclose(project(embeddings[order]).points, project(embeddings).points[order], atol=1e-6)


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize("count", [1, 3, 40])
def test_pictures_that_look_the_same_are_one_point(method: str, count: int) -> None:
    same = np.tile(rows(1), (count, 1))
    same[:, 0] += np.linspace(0, 1e-8, count, dtype=np.float32)
    assert not project(same, method).points.any()


def test_t_sne_keeps_near_what_is_near() -> None:
    centres = np.repeat(np.eye(3, 12), 15, axis=0)
    embeddings = (centres + 0.05 * np.random.default_rng(0).normal(size=centres.shape)).astype(np.float32)
    found = project(embeddings, "tsne")
    distances = np.linalg.norm(found.points[:, None] - found.points, axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (distances.argmin(axis=1) // 15 == np.arange(45) // 15).all()
    assert found.explained is None
    assert np.array_equal(found.points, project(embeddings, "tsne").points)


def test_few_points_need_no_t_sne() -> None:
    assert np.array_equal(project(rows(3), "tsne").points, project(rows(3)).points)


def test_what_is_not_known_or_not_installed_is_said_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="--projection umap: is none of pca, tsne"):
        require_projection("umap")
    monkeypatch.setattr(projection, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs scikit-learn: pip install 'imgsearch\[report\]'"):
        require_projection("tsne")
    require_projection("pca")
