from __future__ import annotations

import numpy as np
import pytest

import imgsearch.metric.recipe as recipe_module
from imgsearch.errors import UserError
from imgsearch.metric.between import fit as fit_between
from imgsearch.metric.centring import fit as fit_centring
from imgsearch.metric.rca import fit as fit_rca
from imgsearch.metric.recipe import Fits, Step, fit_recipe, parse_recipe, written
from imgsearch.metric.registry import Fit, linear_metric
from imgsearch.metric.temper import temper

from .test_temper import Points, drawn


def test_a_recipe_reads_as_it_is_written() -> None:
    recipe = parse_recipe("rca^0.4, between^.1")
    assert recipe == (Step("rca", 0.4), Step("between", 0.1))
    assert parse_recipe(written(recipe)) == recipe
    assert written(parse_recipe("lda")) == "lda"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lad", "did you mean 'lda'"),
        ("rca^2", "out of range; it goes from 0 to 1"),
        ("rca^", "not understood"),
        ("rca,,lda", "not understood"),
        ("", "not understood"),
    ],
)
def test_what_is_no_recipe_is_refused(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_recipe(text)


def test_one_step_at_full_strength_is_the_metric_itself() -> None:
    points, labels = drawn()
    np.testing.assert_array_equal(
        fit_recipe(parse_recipe("rca"), points, labels).matrix, fit_rca(points, labels).matrix
    )


def test_a_second_step_is_fitted_on_what_the_first_one_made() -> None:
    points, labels = drawn()
    whole = fit_recipe(parse_recipe("rca^0.5,between^0.2"), points, labels)
    first = temper(fit_rca(points, labels), points.mean(axis=0), 0.5)
    mapped: Points = points @ first.matrix.T.astype(float) + first.offset
    second = temper(fit_between(mapped, labels), mapped.mean(axis=0), 0.2)
    expected = mapped @ second.matrix.T.astype(float) + second.offset
    np.testing.assert_allclose(points @ whole.matrix.T.astype(float) + whole.offset, expected, atol=1e-4)


def test_recipes_that_share_steps_come_out_as_if_fitted_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    points, labels = drawn()
    recipes = [parse_recipe(t) for t in ("rca", "rca^0.4", "rca^0.4,between^0.1", "rca^0.4,between^0.2", "rca,rca^0.5")]
    alone = [fit_recipe(recipe, points, labels).to_affine() for recipe in recipes]
    asked: list[str] = []

    def counted(name: str) -> Fit:
        asked.append(name)
        return linear_metric(name)

    monkeypatch.setattr(recipe_module, "linear_metric", counted)
    together = Fits(points, labels)
    for recipe, expected in zip(recipes, alone, strict=True):
        np.testing.assert_array_equal(together.metric(recipe).to_affine(), expected)
    assert sorted(asked) == ["between", "rca", "rca"]  # the second rca is fitted on what the first one made
    steps = [together.seconds(recipe) for recipe in recipes[1:3]]
    assert 0 < steps[0] < steps[1]


def test_centring_leaves_distances_alone() -> None:
    points, labels = drawn()
    metric = fit_centring(points, labels)
    np.testing.assert_allclose(
        metric.distance(points[:5], points[5:10]), np.linalg.norm(points[:5] - points[5:10], axis=1)
    )


def test_between_stretches_the_direction_in_which_class_means_differ() -> None:
    """Means at (±3, 0): S_b = diag(9, 0), a third of the way to 4.5·I is diag(7.65, 1.35) for a shrinkage of 0.3."""
    points = np.array([[3.0, 1.0], [3.0, -1.0], [-3.0, 1.0], [-3.0, -1.0]])
    metric = fit_between(points, np.array([0, 0, 1, 1]))
    np.testing.assert_allclose(metric.matrix, np.diag(np.sqrt([7.65, 1.35])), atol=1e-6)


def test_between_needs_two_different_classes() -> None:
    points = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    with pytest.raises(UserError, match="second class"):
        fit_between(points, np.zeros(4, dtype=int))
    with pytest.raises(UserError, match="same mean embedding"):
        fit_between(points, np.array([0, 0, 1, 1]))
