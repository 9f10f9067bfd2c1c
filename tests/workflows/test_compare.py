from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.selection import Folds, Trial, added, score
from imgsearch.workflows.candidates import most_of_each
from imgsearch.workflows.compare import compare

Embeddings = NDArray[np.float32]
Labels = NDArray[np.int64]


def drawn(classes: int, each: int, *, loud: float, seed: int = 0, dimension: int = 12) -> tuple[Embeddings, Labels]:
    """Classes that differ in all dimensions but the first, which is as loud as told and says nothing."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    rows = rng.normal(size=(classes, dimension))[labels] + 0.7 * rng.normal(size=(len(labels), dimension))
    rows[:, 0] = loud * rng.normal(size=len(labels))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), labels


def test_what_silences_a_loud_dimension_is_chosen() -> None:
    comparison = compare(*drawn(12, 8, loud=6))
    as_it_is, *others = comparison.rows
    assert as_it_is.name == "as it is"
    assert comparison.chosen in {row.name for row in others}
    (chosen,) = [row for row in comparison.rows if row.chosen]
    assert chosen.name == comparison.chosen
    assert chosen.gain == max(row.gain for row in comparison.rows if row.gain_interval[0] > 0)
    assert chosen.gain_interval[0] > 0 and chosen.map_at_r > as_it_is.map_at_r
    assert comparison.sentence.startswith(f"chose {chosen.name}: ")
    json.dumps(comparison.facts(), allow_nan=False)


def test_labels_that_mean_nothing_leave_the_model_as_it_is() -> None:
    kept = []
    for seed in range(5):
        embeddings, labels = drawn(10, 8, loud=1, seed=seed)
        mixed = np.random.default_rng(seed).permutation(labels)
        comparison = compare(embeddings, mixed)
        kept.append(comparison.chosen is None)
        assert [row.name for row in comparison.rows if row.chosen] == [comparison.chosen or "as it is"]
    assert sum(kept) >= 4  # one in forty by chance, twice as many with so few classes


def test_too_few_classes_are_not_compared_and_it_says_so() -> None:
    comparison = compare(*drawn(3, 8, loud=6))
    assert comparison.rows == () and comparison.chosen is None
    assert "too few to try a metric on unseen ones; it takes four; the model is kept as it is" in comparison.sentence


def test_a_models_own_metric_is_part_of_it_as_it_is() -> None:
    embeddings, labels = drawn(12, 8, loud=6)
    silent = np.eye(12)
    silent[0, 0] = 0
    own = LinearMetric.centred(silent, np.zeros(12))
    with_it, without = compare(embeddings, labels, current=own), compare(embeddings, labels)
    assert with_it.rows[0].map_at_r > without.rows[0].map_at_r
    assert with_it.rows[1].map_at_r == without.rows[1].map_at_r  # recipes start from the encoder's own embeddings
    assert with_it.rows[1].gain < without.rows[1].gain


def test_deep_training_is_chosen_where_it_gains_most() -> None:
    embeddings, labels = drawn(12, 8, loud=6)
    perfect = np.eye(12, dtype=np.float32)[labels]

    def trial(folds: Folds) -> Trial:
        return Trial(added([score(perfect[fold], labels[fold], 12) for fold in folds]), 7.0)

    comparison = compare(embeddings, labels, deep={"last stages": trial})
    assert comparison.chosen == "last stages"
    assert comparison.rows[-1].map_at_r == 1 and comparison.rows[-1].seconds == 7.0


@pytest.mark.filterwarnings("error")
def test_identical_embeddings_end_in_no_nan() -> None:
    embeddings = np.full((24, 4), 0.5, dtype=np.float32)
    told: list[str] = []
    comparison = compare(embeddings, np.repeat(np.arange(6), 4), tell=told.append)
    assert comparison.chosen is None and told == []
    assert comparison.sentence == ("nothing was compared: all pictures look alike to the model; it is kept as it is")
    json.dumps(comparison.facts(), allow_nan=False)


@pytest.mark.filterwarnings("error")
def test_classes_of_one_picture_many_times_leave_out_what_learns_from_their_variation() -> None:
    rows = np.random.default_rng(0).normal(size=(6, 4))
    embeddings = np.repeat(rows / np.linalg.norm(rows, axis=1, keepdims=True), 4, axis=0).astype(np.float32)
    told: list[str] = []
    comparison = compare(embeddings, np.repeat(np.arange(6), 4), tell=told.append)
    json.dumps(comparison.facts(), allow_nan=False)
    assert comparison.chosen is None  # all are found as it is
    assert sum(line.startswith("rca left out: ") for line in told) == 1


def test_the_first_of_each_class_take_part() -> None:
    labels = np.array([0, 1, 0, 0, 1, 2, 0, 2, 2])
    assert most_of_each(labels, 9).all()
    assert most_of_each(labels, 7).tolist() == [True, True, True, False, True, True, False, True, False]
