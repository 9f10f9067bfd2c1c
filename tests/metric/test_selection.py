from __future__ import annotations

import numpy as np
import pytest

from imgsearch.errors import UserError
from imgsearch.metric.recipe import fit_recipe, parse_recipe
from imgsearch.metric.selection import choosing, class_folds, sure_gains, try_recipes
from imgsearch.retrieval import evaluate

from .test_contract import labelled


def test_folds_share_no_class_and_leave_out_no_picture() -> None:
    labels = np.array([0] * 5 + [1] * 4 + [2] * 3 + [3] * 2 + [4] * 6 + [5] * 2 + [6])
    folds = class_folds(labels, 3)
    assert np.sum(folds, axis=0).tolist() == [1] * len(labels)
    for fold in folds:
        assert not set(labels[fold]) & set(labels[~fold])
        found = np.bincount(labels[fold])
        assert (found > 1).sum() >= 2  # something to find, and something to take it for


def test_few_classes_make_fewer_folds_and_too_few_none() -> None:
    assert len(class_folds(np.repeat(np.arange(5), 2), 3)) == 2
    with pytest.raises(UserError, match="3 classes of two pictures or more are too few"):
        class_folds(np.array([0, 0, 1, 1, 2, 2, 3]), 3)


def test_a_trial_is_what_fitting_and_evaluating_by_hand_comes_to() -> None:
    embeddings, labels = labelled((8, 9, 7, 8, 6, 7), 12)
    folds = class_folds(labels, 2)
    recipe = parse_recipe("rca^0.5")
    trial = try_recipes([(), recipe], embeddings, labels, folds)
    total, queries = 0.0, 0
    for fold in folds:
        metric = fit_recipe(recipe, embeddings[~fold], labels[~fold])
        total += fold.sum() * evaluate(metric.transform(embeddings[fold]), labels[fold]).metrics["map_at_r"]
        queries += fold.sum()
    assert trial[recipe].scores["map_at_r"].mean == pytest.approx(total / queries)
    untouched = sum(f.sum() * evaluate(embeddings[f], labels[f]).metrics["recall_at_1"] for f in folds) / queries
    assert trial[()].scores["recall_at_1"].mean == pytest.approx(untouched)
    assert trial[recipe].scores["map_at_r"].queries.tolist() == [8, 9, 7, 8, 6, 7]


def test_what_cannot_be_fitted_is_left_out_and_said() -> None:
    """Without the other classes there is no variation within a class left: every class is one picture, twice."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(6, 4)).astype(np.float32)
    embeddings = np.repeat(rows / np.linalg.norm(rows, axis=1, keepdims=True), 2, axis=0)
    labels = np.repeat(np.arange(6), 2)
    told: list[str] = []
    recipes = [parse_recipe(text) for text in ("rca", "rca^0.5", "centring")]
    trials = try_recipes(recipes, embeddings, labels, class_folds(labels, 3), told.append)
    assert list(trials) == [parse_recipe("centring")]
    assert len(told) == 1 and told[0].startswith("rca left out: ")


def test_what_gains_little_everywhere_ranks_before_what_gains_much_in_one_class() -> None:
    """Means 0.1 and 0.2; the second deviates by 0.8, 0.2, 0.2, 0.2, 0.2: √0.8/5 = 0.179 is taken off."""
    gains = np.array([[0.1, 0.1, 0.1, 0.1, 0.1], [1.0, 0.0, 0.0, 0.0, 0.0]])
    np.testing.assert_allclose(sure_gains(gains, np.ones(5, dtype=np.int64)), [0.1, 0.2 - 0.8**0.5 / 5])


def test_the_choice_is_judged_by_classes_that_had_no_say_in_it() -> None:
    """Each way helps the classes of one fold alone: the others choose the other way, which does nothing for it."""
    labels = np.repeat(np.arange(4), 3)
    folds = [labels < 2, labels >= 2]
    gains = np.array([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]])
    assert choosing(gains, labels, folds).mean == 0
    assert choosing(np.array([[0.5, 0.5, 0.25, 0.25]]), labels, folds).mean == pytest.approx(0.375)
    assert choosing(np.array([[-0.5, -0.5, -0.5, -0.5]]), labels, folds).mean == 0  # then nothing is changed


def test_pictures_that_are_not_taught_with_are_looked_for_all_the_same() -> None:
    embeddings, labels = labelled((8, 9, 7, 8, 6, 7), 12)
    folds = class_folds(labels, 2)
    few = np.arange(len(labels)) % 2 == 0
    recipe = parse_recipe("rca^0.5")
    trial = try_recipes([recipe], embeddings, labels, folds, fitted=few)[recipe]
    assert trial.scores["map_at_r"].queries.tolist() == [8, 9, 7, 8, 6, 7]
    first = folds[0]
    metric = fit_recipe(recipe, embeddings[few & ~first], labels[few & ~first])
    expected = evaluate(metric.transform(embeddings[first]), labels[first]).metrics["map_at_r"]
    scores = trial.scores["map_at_r"]
    inside = np.unique(labels[first])
    assert scores.sums[inside].sum() / scores.queries[inside].sum() == pytest.approx(expected)
