from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imgsearch.retrieval import Relevance, chance_queries, evaluate_queries
from imgsearch.retrieval.bootstrap import ClassScores, interval
from imgsearch.retrieval.summary import differences, summarised

from .test_evaluation import unit_rows


def test_micro_counts_queries_alike_and_macro_classes() -> None:
    classes = np.array([0, 0, 0, 2])
    (summary,) = summarised({"map": np.array([1.0, 1.0, 1.0, 0.0])}, classes).values()
    assert (summary.micro.value, summary.macro.value) == (0.75, 0.5)
    assert 0 <= summary.macro.low < 0.5 < summary.macro.high <= 1


def test_intervals_are_those_of_the_bootstrap_over_classes() -> None:
    rng = np.random.default_rng(0)
    classes, values = rng.integers(0, 30, 400), rng.uniform(size=400)
    summary = summarised({"map": values}, classes)["map"]
    scores = ClassScores.of(values, classes, 30)
    assert (summary.micro.low, summary.micro.high) == interval(scores)
    per_class = np.array([values[classes == one].mean() for one in range(30)])
    assert summary.macro.value == pytest.approx(per_class.mean())
    assert (summary.macro.low, summary.macro.high) == interval(ClassScores(per_class, np.ones(30, dtype=np.int64)))


def scored(values: NDArray[np.float64]) -> ClassScores:
    return ClassScores(10 * values, np.full(len(values), 10))


def test_the_better_model_is_named_and_what_cannot_be_told_is_said() -> None:
    rng = np.random.default_rng(0)
    base = rng.uniform(0.3, 0.7, 40)
    noise = 0.02 * rng.normal(size=(3, 40))
    models = {"A": scored(base), "B": scored(base + 0.05 + noise[0]), "C": scored(base + noise[1] - noise[1].mean())}
    models["D"] = scored(base - 0.05 + noise[2])
    better, equal, worse = differences(models, "map")
    assert (better.better, equal.better, worse.better) == ("B", None, "A")
    assert better.sentence.startswith("B is better than A: map +0.0")
    assert equal.sentence.startswith("no difference can be told between C and A: map ")
    assert worse.sentence.startswith("D is worse than A: map -0.0")
    assert better.difference.value == pytest.approx(0.05 + noise[0].mean())


def test_of_more_models_each_has_to_be_surer() -> None:
    rng = np.random.default_rng(0)
    base, other = rng.uniform(size=(2, 40))
    (alone,) = differences({"A": scored(base), "B": scored(other)}, "map")
    among = differences({"A": scored(base), **{name: scored(other) for name in "BCDEF"}}, "map")[0]
    assert among.difference.low < alone.difference.low and among.difference.high > alone.difference.high


def test_of_models_that_are_all_as_good_hardly_ever_one_is_called_better() -> None:
    wrong = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        base = rng.uniform(0.3, 0.7, 40)
        models = {name: scored(base + 0.05 * rng.normal(size=40)) for name in "ABCDE"}
        wrong += any(difference.better for difference in differences(models, "map"))
    assert wrong <= 6


def test_random_embeddings_score_chance_within_the_interval() -> None:
    labels = np.repeat(np.arange(30), np.tile([3, 6, 12], 10))
    asked, by_chance = chance_queries(Relevance.leave_one_out(labels), ks=(1,))
    expected = summarised(by_chance, labels[asked])
    held: dict[str, int] = {}
    for seed in range(100):
        rows = unit_rows(np.random.default_rng(seed), len(labels), 16)
        queries, metrics = evaluate_queries(rows, labels, ks=(1,))
        for name, summary in summarised(metrics, labels[queries]).items():
            for mean, one, other in (
                ("micro", summary.micro, expected[name].micro),
                ("macro", summary.macro, expected[name].macro),
            ):
                held[f"{name} {mean}"] = held.get(f"{name} {mean}", 0) + (one.low <= other.value <= one.high)
    assert min(held.values()) >= 90, held
